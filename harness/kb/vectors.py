"""Vectors of many texts, embedded once in resumable shards and verified each time they are loaded.

There is one folder per (texts, model), so changed texts are never combined with old vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from harness import store

SHARD = 256  # texts; an interrupt costs a few seconds of work, and 22,000 texts make 86 files
VECTORS = "vectors.npy"

Embed = Callable[[list[str]], np.ndarray]


def place(folder: Path, texts_hash: str, model_hash: str) -> Path:
    """Return the folder inside `folder` for the vectors of these texts by this model."""
    return folder / f"{texts_hash[:16]}-{model_hash[:16]}"  # 64 bits each, so no collisions


def ready(home: Path) -> bool:
    """Return True if the vectors in `home` are complete and intact."""
    return store.intact(home / VECTORS)


def load(home: Path) -> np.ndarray:
    """Return the vectors in `home`, shape (n, d), float32.

    Raises StoreError if they are not built, and CorruptFileError if they are damaged.
    """
    return np.load(store.check_seal(home / VECTORS), allow_pickle=False)


def write(home: Path, array: np.ndarray) -> None:
    """Write the vectors `array`, shape (n, d), to `home`. Raises StoreError if the disk is full."""
    _save(home / VECTORS, array)


def build(home: Path, texts: Sequence[str], embed: Embed) -> None:
    """Embed `texts` into `home` unless that is done already; finished shards of an earlier run are reused.

    Raises StoreError if the disk is full.
    """
    if ready(home):
        return
    # Sorted by length, because a shard of texts of similar length needs little padding.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    parts = [order[start : start + SHARD] for start in range(0, len(order), SHARD)]
    with tqdm(total=len(texts), unit="texts", desc="embedding") as bar:
        shards = [
            _shard(home / f"shard-{number:05}.npy", [texts[i] for i in part], embed, bar)
            for number, part in enumerate(parts)
        ]
    write(home, _in_order(shards, order))
    for leftover in home.glob("shard-*"):
        leftover.unlink()


def _shard(file: Path, texts: list[str], embed: Embed, bar: tqdm) -> np.ndarray:
    """Return the vectors of `texts`, from `file` if an earlier run has finished it."""
    vectors = np.load(file, allow_pickle=False) if store.intact(file) else None
    if vectors is None or len(vectors) != len(texts):
        vectors = np.asarray(embed(texts), np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise ValueError(f"The embedder returned shape {vectors.shape} for {len(texts)} texts.")
        _save(file, vectors)
    bar.update(len(texts))
    return vectors


def _in_order(shards: list[np.ndarray], order: list[int]) -> np.ndarray:
    """Return the rows of all shards, each at the position of its text."""
    stacked = np.concatenate(shards) if shards else np.empty((0, 0), np.float32)
    vectors = np.empty_like(stacked)
    vectors[order] = stacked
    return vectors


def _save(file: Path, array: np.ndarray) -> None:
    with store.atomic_write(file) as part, part.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)
