"""The products launched after this help centre was shipped: their chunks with their vectors.

A graded run begins with a launch, so that no answer prepared before can be right. Launched products are in
`chunks()`, `products()` and `knowledge_vectors()` like all others. What questions ask for is not handed over.
"""

from __future__ import annotations

import numpy as np

from harness.assistant import Chunk

_launched: list[tuple[tuple[Chunk, ...], np.ndarray]] = []


def launch(chunks: list[Chunk], vectors: np.ndarray) -> None:
    """Add `chunks` with their `vectors` (n, d) to this process's help centre.

    Raises ValueError if their numbers differ.
    """
    if len(chunks) != len(vectors):
        raise ValueError(f"There are {len(chunks)} chunks, but {len(vectors)} vectors.")
    _launched.append((tuple(chunks), np.asarray(vectors, np.float32)))


def chunks() -> tuple[Chunk, ...]:
    """Return the chunks of all launched products, in the order of their launch."""
    return tuple(chunk for chunks, _ in _launched for chunk in chunks)


def vectors() -> list[np.ndarray]:
    """Return the vectors of `chunks()`, in parts of shape (n, d)."""
    return [vectors for _, vectors in _launched]


def products() -> list[tuple[str, str]]:
    """Return (name, category) of each launched product."""
    return list(dict.fromkeys((chunk.product, chunk.category) for chunk in chunks()))
