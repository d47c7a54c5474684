"""Searches through a graph for several values of ef, with the number of rows that they visit.

A search asks for the similarity of each row that it visits, and of no other row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

Similarity = Callable[[int], float]  # row -> its similarity to a query
GraphSearch = Callable[[Similarity, int], Sequence[int]]  # similarity, ef -> rows, best first


@dataclass(frozen=True)
class Visits:
    """A similarity that records its calls. rows: the rows it was called for, in order."""

    similarity: Similarity
    rows: list[int] = field(default_factory=list)

    def __call__(self, row: int) -> float:
        self.rows.append(row)
        return self.similarity(row)


@dataclass(frozen=True, slots=True)
class EfRun:
    """The searches with one `ef`. found: rows of each query, best first; visited: rows per query, median."""

    ef: int
    found: list[list[int]]
    visited: float


def by_ef(
    search: GraphSearch, vectors: np.ndarray, queries: np.ndarray, efs: Sequence[int], k: int
) -> Iterator[EfRun]:
    """Yield the k best rows that `search` finds for each of `queries` (q, d), for one ef after the other.

    The similarity that `search` gets is the inner product of a row of `vectors` (n, d) with the query.
    """
    for ef in efs:
        found, visited = [], []
        for query in queries:
            visits = _inner_products(vectors, query)
            found.append(list(search(visits, ef))[:k])
            visited.append(len(visits.rows))
        yield EfRun(ef, found, median(visited))


def _inner_products(vectors: np.ndarray, query: np.ndarray) -> Visits:
    return Visits(lambda row: float(vectors[row] @ query))
