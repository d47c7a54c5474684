"""Vector search of the baseline: a Python loop over every vector, without a filter.

It is slow for realistic reasons: one cosine at a time, both norms recomputed each time, all scores sorted to
keep five. The nightly import appends and never deletes, so the list holds every article several times;
duplicates are dropped only at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Chunk, Query


@dataclass(frozen=True)
class LoopSearch:
    """A retrieve stage that compares the query with `scanned` vectors, one by one.

    vectors: shape (n, d), float32; chunks: the n chunks in the same order.
    scanned: vectors compared per request, at least n; above n, articles are compared again.
    """

    chunks: Sequence[Chunk]
    vectors: np.ndarray
    scanned: int

    def __call__(self, query: Query, k: int) -> list[Chunk]:
        scores = []
        for position in range(self.scanned):
            row = position % len(self.chunks)
            vector = self.vectors[row]
            norms = np.linalg.norm(vector) * np.linalg.norm(query.vector)
            scores.append((float(np.dot(vector, query.vector) / norms), row))
        scores.sort(reverse=True)
        distinct = list(dict.fromkeys(row for _, row in scores))
        return [self.chunks[row] for row in distinct[:k]]
