"""Exact search in one product: all similarities at once, and only the best of them sorted.

Unit vectors make the cosine an inner product, so all of them are one matrix-vector product. BLAS reads the
matrix once at the speed of the memory; the Python loop it replaces spends its time between the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Chunk, Query

Allowed = Callable[[str], np.ndarray | None]  # question -> bool (n,): rows it may be about; or all

COPIED = 0.1  # share of the rows up to which copying them beats a product with all of them


@dataclass(frozen=True)
class ExactSearch:
    """Compare the query with every vector, or with those that `allowed` leaves.

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
    """Rows of the k highest inner products with `vector`, best first; fewer where fewer are left.

    vectors: (n, d), float32; vector: (d,); mask: bool (n,), the rows that count.
    """
    vector = np.asarray(vector, vectors.dtype)  # a float64 query would convert the whole matrix
    if mask is None:
        return best(vectors @ vector, k)
    rows = np.flatnonzero(mask)
    if len(rows) <= COPIED * len(vectors):
        return rows[best(vectors[rows] @ vector, k)]
    return rows[best((vectors @ vector)[rows], k)]


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Positions of the k highest of `scores` (n,), best first.

    `argpartition` finds the k best in linear time, in no order; only those k are then sorted.
    """
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.intp)
    top = np.argpartition(scores, -k)[-k:]
    return top[np.argsort(-scores[top], kind="stable")]
