"""Vectors of many texts: embedded once, in resumable shards, and checked each time they are loaded.

Everything lies in one folder per (texts, model), so that changed texts never meet old vectors.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

SHARD = (
    256  # texts: about two seconds of work are lost by an interrupt, and 21,000 texts make 83 files
)
VECTORS = "vectors.npy"
CHECKSUM = "vectors.sha256"  # written last: without it the array does not count as finished

Embed = Callable[[list[str]], np.ndarray]


class CorruptVectorsError(ValueError):
    """The stored vectors are not what was written; the message says what to run."""


class DiskFullError(OSError):
    """The vectors do not fit on the disk; the message says what to do and what was kept."""


def embedded(
    texts_hash: str,
    texts: Sequence[str],
    embed: Embed,
    folder: Path,
    model_hash: str,
    repair: bool = False,
) -> np.ndarray:
    """The vectors of `texts` in their order, shape (n, d), float32; `repair` builds them anew.

    Raises CorruptVectorsError for a damaged file, DiskFullError when the disk is full (finished
    shards stay), and ValueError when `embed` returns anything but one vector per text.
    """
    if repair:
        drop(folder, texts_hash, model_hash)
    home = place(folder, texts_hash, model_hash)
    if not (home / CHECKSUM).exists():
        _build(home, texts, embed)
    return _load(home, len(texts))


def place(folder: Path, texts_hash: str, model_hash: str) -> Path:
    """Where the vectors of these texts by this model lie inside `folder`."""
    return folder / f"{texts_hash[:16]}-{model_hash[:16]}"  # 64 bits each: no accidental twins


def drop(folder: Path, texts_hash: str, model_hash: str) -> None:
    """Delete these vectors and their shards; nothing happens if there are none."""
    shutil.rmtree(place(folder, texts_hash, model_hash), ignore_errors=True)


def _build(home: Path, texts: Sequence[str], embed: Embed) -> None:
    """Embed what is missing and write array, then checksum, then delete the shards."""
    # Longest first: texts of one length share a shard, so that little of it is padding.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    parts = [order[start : start + SHARD] for start in range(0, len(order), SHARD)]
    with _one_sentence_when_full(home):
        home.mkdir(parents=True, exist_ok=True)
        shards = list(_shards(home, texts, parts, embed))
        vectors = np.empty((len(texts), shards[0].shape[1] if shards else 0), np.float32)
        for part, shard in zip(parts, shards, strict=True):
            vectors[part] = shard
        _save(home / VECTORS, vectors)
        _write(home / CHECKSUM, lambda file: file.write(_digest(home / VECTORS).encode()))
    for number in range(len(parts)):
        _shard_file(home, number).unlink(missing_ok=True)


def _shards(
    home: Path, texts: Sequence[str], parts: Sequence[Sequence[int]], embed: Embed
) -> Iterator[np.ndarray]:
    """The vectors of each part, from its file if an earlier run has finished it."""
    with tqdm(total=len(texts), unit="texts", desc="embedding", smoothing=0.1) as bar:
        for number, part in enumerate(parts):
            file = _shard_file(home, number)
            shard = _finished(file, len(part))
            if shard is None:
                shard = _checked(embed([texts[i] for i in part]), len(part))
                _save(file, shard)
            bar.update(len(part))
            yield shard


def _shard_file(home: Path, number: int) -> Path:
    return home / f"shard-{number:05}.npy"


def _finished(file: Path, rows: int) -> np.ndarray | None:
    """The shard in `file`, or None if it is not there, is damaged, or is of another size."""
    try:
        shard = np.load(file, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return shard if shard.ndim == 2 and len(shard) == rows else None


def _checked(vectors: np.ndarray, rows: int) -> np.ndarray:
    if vectors.ndim != 2 or len(vectors) != rows:
        raise ValueError(
            f"The embedder gave shape {vectors.shape} for {rows} texts instead of ({rows}, d)."
        )
    return vectors.astype(np.float32, copy=False)


def _load(home: Path, rows: int) -> np.ndarray:
    """The finished array, after its checksum has been recomputed."""
    file = home / VECTORS
    stored = (home / CHECKSUM).read_bytes()
    if not file.exists() or _digest(file).encode() != stored:
        raise CorruptVectorsError(
            f"{file} is damaged: run `under500 prepare --repair` to build it anew."
        )
    vectors = np.load(file, allow_pickle=False)
    if len(vectors) != rows:
        raise CorruptVectorsError(
            f"{file} holds {len(vectors)} vectors for {rows} texts: "
            "run `under500 prepare --repair` to build it anew."
        )
    return vectors


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _save(file: Path, array: np.ndarray) -> None:
    _write(file, lambda stream: np.save(stream, array, allow_pickle=False))


def _write(file: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write all of `file` or nothing: a temporary file beside it then takes its name."""
    # Named by process, so that two never share one. Not tempfile: others may read a shared cache.
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as stream:
            fill(stream)
        os.replace(unfinished, file)  # atomic: a reader sees the old file or the new one
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def _one_sentence_when_full(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise DiskFullError(
            f"The disk is full: free some space for {home} and run `under500 prepare` again; "
            "what is finished is kept."
        ) from error
