"""Vectors of sentences, each computed once: those of the content are shipped, a candidate's are remembered.

MiniLM needs a minute for all example sentences on a quiet machine, and five beside other programs. Their
vectors are therefore in the repository. A sentence that is not there, because the content was changed, is
embedded; `under500 interview lint --learn` adds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from harness.interview.content_files import CONTENT
from harness.kb.seeded import number

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), float32, unit norm

SHIPPED = CONTENT / "meanings.npz"
# Steps per unit in the file: rounding turns a vector by 5°, less than two phrasings of one question
# differ, and the file has 2.9 MB instead of 18.
STEPS = 60
BATCH = 32  # sentences of similar length: larger batches do not fit into the CPU's cache
REMEMBERED = 2000  # sentences of candidates: several long interviews


@cache
def meanings() -> Embed:
    """Return the process's embedding of what is said, with MiniLM.

    The listener and the scorer read the same sentences; each is embedded alone (padding costs more than it
    saves) and once. Raises StoreError if MiniLM's weights are missing.
    """
    from harness.models.engines.embedding import embedder

    return remembering(embedder())


def remembering(embed: Embed, most: int = REMEMBERED) -> Embed:
    """Return an embedding function that remembers the last `most` texts."""

    @lru_cache(most)
    def meaning(text: str) -> np.ndarray:
        return embed([text])[0]

    return lambda texts: np.stack([meaning(text) for text in texts])


def recalling(embed: Embed, file: Path = SHIPPED) -> Embed:
    """Return an embedding function for example sentences: from `file`, or else embedded, once each."""
    vectors = {key: row.astype(np.float32) / STEPS for key, row in _read(file).items()}

    def recalled(texts: list[str]) -> np.ndarray:
        new = {text for text in texts if number(text) not in vectors}
        new = sorted(new, key=lambda text: (len(text), text))
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            vectors.update(zip(map(number, batch), embed(batch), strict=True))
        return np.stack([vectors[number(text)] for text in texts])

    return recalled


def ship(texts: Iterable[str], embed: Embed, file: Path = SHIPPED) -> Path:
    """Write the vectors of exactly these sentences, embedding only the new ones; return the file's path."""
    texts = sorted(set(texts), key=number)
    vectors = np.rint(STEPS * recalling(embed, file)(texts)).astype(np.int8)
    keys = np.array(list(map(number, texts)), np.uint64)
    np.savez_compressed(file, model=_model(), keys=keys, vectors=vectors)
    return file


def shipped_for(texts: Iterable[str], file: Path = SHIPPED) -> bool:
    """Return True if the file has the vectors of exactly these sentences, by the present model."""
    return set(_read(file)) == set(map(number, texts))


def _read(file: Path) -> Mapping[int, np.ndarray]:
    """Return the rounded vectors by the hash of their text; none of a missing file or of another model."""
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as arrays:
        if str(arrays["model"]) != _model():
            return {}
        return dict(zip(arrays["keys"].tolist(), arrays["vectors"], strict=True))


def _model() -> str:
    from harness.models.catalog import MINILM

    return MINILM.sha256
