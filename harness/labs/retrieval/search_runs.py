"""Recall and latency of searches, measured together on the same queries.

Every query goes to all searches, one directly after the other, so that a moment in which the machine is busy
slows all of them. The timed part is one query on one thread, from its vector to the rows; the question is
embedded before. BLAS is limited to one thread, too: while another process is busy, two BLAS threads wait for
each other longer than they compute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import hnswlib
import numpy as np
from threadpoolctl import threadpool_limits

from harness.assistant import Query
from harness.measure.latency.compare import Ratio
from harness.measure.stats import Proportion, bootstrap_ratio, median_ratio
from harness.stages.exact_search import nearest
from harness.stages.loop_search import LoopSearch

NS_PER_MS = 1e6
SEED = 500  # of the order in which the searches take turns
Search = Callable[[np.ndarray, int], Sequence[int]]  # vector (d,), k -> rows, best first


@dataclass(frozen=True, slots=True)
class SearchRun:
    """The measurements of one search. ms: a time per query; hits: true neighbours found, of all true ones."""

    ms: tuple[float, ...]
    hits: Proportion
    short: int  # queries that got fewer than k rows

    @property
    def p50_ms(self) -> float:
        """Return the median time of a query."""
        return float(np.median(self.ms))

    @property
    def recall(self) -> float:
        """Return the share of the true k nearest that was found, 0 to 1."""
        return self.hits.rate


def exact(vectors: np.ndarray, mask: np.ndarray | None = None) -> Search:
    """Return an exact search of `vectors` (n, d) by one BLAS product, or of the rows in `mask`, bool (n,)."""
    return lambda vector, k: nearest(vectors, vector, k, mask)


def rows_of(search: LoopSearch) -> Search:
    """Return `search`, which finds chunks, as one that finds their rows."""
    place = {chunk.id: row for row, chunk in enumerate(search.chunks)}
    return lambda vector, k: [place[chunk.id] for chunk in search(Query("", vector), k)]


def walk(index: hnswlib.Index, ef: int) -> Search:
    """Return hnswlib's search with `ef` candidates on one thread; hnswlib raises ef to k if k is larger."""

    def search(vector: np.ndarray, k: int) -> np.ndarray:
        index.set_ef(ef)  # takes nanoseconds; searches with other settings share the index
        return index.knn_query(vector, k, num_threads=1)[0][0]

    return search


def filtered_walk(index: hnswlib.Index, ef: int, mask: np.ndarray) -> Search:
    """Return hnswlib's search with its own filter, which calls Python for every vector visited.

    mask: bool (n,), the allowed rows. hnswlib raises an error if it visited fewer than k of them; this search
    then returns no row at all.
    """

    def search(vector: np.ndarray, k: int) -> np.ndarray:
        index.set_ef(ef)
        try:
            return index.knn_query(vector, k, num_threads=1, filter=mask.__getitem__)[0][0]
        except RuntimeError:
            return np.empty(0, np.intp)

    return search


def measure(
    searches: Mapping[str, Search],
    queries: np.ndarray,
    k: int,
    truth: Search,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[str, SearchRun]:
    """Run every search on all `queries` (q, d), and return the measurements by name.

    For each query the searches take turns in random order: a search that follows a large matrix product finds
    a cold CPU cache, and that should happen to all of them equally often. truth: a search that never misses;
    it is not timed. One query warms up every search.
    """
    true_rows = [frozenset(map(int, truth(query, k))) for query in queries]
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
    return {name: _run(times[name], rows[name], true_rows) for name in names}


def _run(ms: list[float], rows: list[frozenset[int]], true_rows: list[frozenset[int]]) -> SearchRun:
    hits = sum(len(got & true) for got, true in zip(rows, true_rows, strict=True))
    short = sum(len(got) < len(true) for got, true in zip(rows, true_rows, strict=True))
    return SearchRun(tuple(ms), Proportion(hits, sum(map(len, true_rows))), short)


def times_faster(slow: SearchRun, fast: SearchRun) -> Ratio:
    """Return median of `slow` / median of `fast`, with its 95 % interval over queries; above 1, `fast` wins.

    Raises TooFewSamplesError below 5 queries.
    """
    return Ratio(median_ratio(slow.ms, fast.ms), bootstrap_ratio(slow.ms, fast.ms))


def table(runs: Mapping[str, SearchRun], k: int) -> str:
    """Return a line for each of `runs`, measured with k: p50, recall and n.

    If a search returned fewer than k rows, each line also says for how many queries.
    """
    width = max(map(len, runs))
    short = any(run.short for run in runs.values())
    return "\n".join(f"{name:<{width}}  {_in_words(run, k, short)}" for name, run in runs.items())


def _in_words(run: SearchRun, k: int, short: bool) -> str:
    too_few = f", too few rows: {run.short}" if short else ""
    return f"{run.p50_ms:8.3f} ms p50, recall@{k} {run.recall:6.1%}, n = {len(run.ms)}{too_few}"
