"""Vector search as first shipped: a Python loop over every vector, and no filter.

What is slow, and real: one cosine at a time, both norms computed anew each time, all scores sorted to keep
five. The nightly import appends and never deletes, so every article is in the list several times over;
duplicates are dropped at the end, where nobody sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Chunk, Query


@dataclass(frozen=True)
class LoopSearch:
    """Compare the query with `scanned` vectors, one by one.

    vectors: shape (n, d), float32; chunks: the n chunks in the same order.
    scanned: vectors compared a request, at least n; above n, articles are met again.
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
