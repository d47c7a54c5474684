"""Searches on the clock: what each of them finds of the true nearest rows, and how long it takes.

Every query goes to all searches, one right after the other, so that a busy moment slows them all. What is
timed is one query on one thread, from its vector to the rows; embedding the question comes before. BLAS is
held to one thread, too: beside a busy neighbour two of them wait for each other longer than they compute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import hnswlib
import numpy as np
from threadpoolctl import threadpool_limits

from harness.measure.latency.compare import Ratio
from harness.measure.latency.stats import Proportion, bootstrap_ratio, median_ratio
from harness.stages.exact_search import nearest

NS_PER_MS = 1e6
SEED = 500  # of the order of turns
Search = Callable[[np.ndarray, int], Sequence[int]]  # vector (d,), k -> rows, best first


@dataclass(frozen=True, slots=True)
class Found:
    """One search over all queries. ms: one time a query; hits: true neighbours found of those asked for."""

    ms: tuple[float, ...]
    hits: Proportion
    short: int  # queries that got fewer than k rows

    @property
    def p50_ms(self) -> float:
        """The median time of a query."""
        return float(np.median(self.ms))

    @property
    def recall(self) -> float:
        """Share of the true k nearest that were found, 0 to 1."""
        return self.hits.rate


def exact(vectors: np.ndarray, mask: np.ndarray | None = None) -> Search:
    """All similarities with `vectors` (n, d) at once, by BLAS; or with the rows in `mask`, bool (n,)."""
    return lambda vector, k: nearest(vectors, vector, k, mask)


def walk(index: hnswlib.Index, ef: int) -> Search:
    """hnswlib's walk with `ef` candidates, one thread; hnswlib itself raises ef to k where k is larger."""

    def search(vector: np.ndarray, k: int) -> np.ndarray:
        index.set_ef(ef)  # nanoseconds; the index is shared by searches with other settings
        return index.knn_query(vector, k, num_threads=1)[0][0]

    return search


def own_filter(index: hnswlib.Index, ef: int, mask: np.ndarray) -> Search:
    """hnswlib's filter on its walk: it calls Python for every vector it meets. mask: bool (n,).

    hnswlib raises when it met fewer than k that are allowed; here that is no row at all.
    """

    def search(vector: np.ndarray, k: int) -> np.ndarray:
        index.set_ef(ef)
        try:
            return index.knn_query(vector, k, num_threads=1, filter=mask.__getitem__)[0][0]
        except RuntimeError:
            return np.empty(0, np.intp)

    return search


def searched(
    searches: Mapping[str, Search],
    queries: np.ndarray,
    k: int,
    truth: Search,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[str, Found]:
    """Each search by name on all `queries` (q, d), in turns of random order: who comes after a large matrix
    finds a cold cache, and that should hit everybody alike.

    truth: a search that never misses; it runs off the clock. One query warms up every search.
    """
    wanted = [frozenset(map(int, truth(query, k))) for query in queries]
    names, rng = list(searches), np.random.default_rng(SEED)
    times: dict[str, list[float]] = {name: [] for name in names}
    rows: dict[str, list[frozenset[int]]] = {name: [] for name in names}
    with threadpool_limits(limits=1, user_api="blas"):
        for search in searches.values():
            search(queries[-1], k)
        for query in queries:
            for name in rng.permutation(names):
                start = now_ns()
                got = searches[name](query, k)
                times[name].append((now_ns() - start) / NS_PER_MS)
                rows[name].append(frozenset(map(int, got)))
    return {name: _found(times[name], rows[name], wanted) for name in names}


def _found(ms: list[float], rows: list[frozenset[int]], wanted: list[frozenset[int]]) -> Found:
    hits = sum(len(got & true) for got, true in zip(rows, wanted, strict=True))
    short = sum(len(got) < len(true) for got, true in zip(rows, wanted, strict=True))
    return Found(tuple(ms), Proportion(hits, sum(map(len, wanted))), short)


def times_faster(slow: Found, fast: Found) -> Ratio:
    """Median of `slow` / median of `fast`, with its 95 % interval over queries; above 1, `fast` is faster.

    Raises TooFewSamplesError below 5 queries.
    """
    return Ratio(median_ratio(slow.ms, fast.ms), bootstrap_ratio(slow.ms, fast.ms))
