"""Exact search with one matrix-vector product; only the best similarities are sorted.

For unit vectors the cosine is the inner product, so all cosines are one matrix-vector product. BLAS reads the
matrix once at memory speed; the Python loop it replaces spends most of its time on interpreter overhead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Chunk, Query

Allowed = Callable[[str], np.ndarray | None]  # question -> bool (n,), rows to search; None for all

COPIED = 0.1  # share of the rows up to which copying them is faster than a product with all of them


@dataclass(frozen=True)
class ExactSearch:
    """A retrieve stage that compares the query with every vector, or with those that `allowed` keeps.

    vectors: shape (n, d), float32, unit norm; chunks: the n chunks in the same order.
    """

    chunks: Sequence[Chunk]
    vectors: np.ndarray
    allowed: Allowed | None = None

    def __call__(self, query: Query, k: int) -> list[Chunk]:
        mask = self.allowed(query.text) if self.allowed else None
        return [self.chunks[row] for row in nearest(self.vectors, query.vector, k, mask)]


def nearest(
    vectors: np.ndarray, vector: np.ndarray, k: int, mask: np.ndarray | None = None
) -> np.ndarray:
    """Return the rows of the k highest inner products with `vector`, best first.

    vectors: (n, d), float32; vector: (d,); mask: bool (n,), the rows to consider. Returns fewer than k rows
    if the mask keeps fewer.
    """
    vector = np.asarray(vector, vectors.dtype)  # a float64 query would convert the whole matrix
    if mask is None:
        return best(vectors @ vector, k)
    rows = np.flatnonzero(mask)
    if len(rows) <= COPIED * len(vectors):
        return rows[best(vectors[rows] @ vector, k)]
    return rows[best((vectors @ vector)[rows], k)]


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the positions of the k highest of `scores` (n,), best first.

    `argpartition` finds the k best unsorted in linear time; only those k are then sorted.
    """
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.intp)
    top = np.argpartition(scores, -k)[-k:]
    return top[np.argsort(-scores[top], kind="stable")]
