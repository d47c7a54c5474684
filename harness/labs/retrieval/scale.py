"""Exact and approximate search as the collection grows: where the lines cross.

One graph grows through all sizes, as an index in service does. At each size the shortest walk that still
finds enough is the one that is timed: a fast search that misses is no competitor.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import hnswlib
import numpy as np
from tqdm.auto import tqdm

from harness.measure.latency.compare import Ratio
from harness.labs.retrieval.recall import Found, exact, searched, times_faster, walk

SIZES = (1_000, 5_000, 20_000, 100_000, 500_000)
FLOOR = 0.98  # recall@k below which a walk does not count
EFS = tuple(16 * 2**i for i in range(8))  # candidates; recall grows with their logarithm
LINKS, EF_CONSTRUCTION = 16, 80  # 500,000 vectors of 64 numbers in half a minute on two cores
SEED = 500
THREADS = 2  # for building; searching uses one


@dataclass(frozen=True, slots=True)
class Row:
    """One size. ef: of the walk that is timed; grew_s: seconds to grow the graph to this size."""

    n: int
    exact: Found
    walk: Found
    ef: int
    grew_s: float

    @property
    def ratio(self) -> Ratio:
        """exact / walk, p50 of one query; above 1 the walk is faster."""
        return times_faster(self.exact, self.walk)


def sweep(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int = 5,
    sizes: Sequence[int] = SIZES,
    floor: float = FLOOR,
    progress: bool = True,
) -> list[Row]:
    """A row for each of `sizes`, of the first n of `vectors` (at least max(sizes), d).

    Where no walk reaches `floor`, the longest is timed, and its recall says so.
    """
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(max(sizes), M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=SEED)
    rows, held = [], 0
    with tqdm(total=max(sizes), unit="vectors", desc="growing", disable=not progress) as bar:
        for n in sorted(sizes):
            start = time.perf_counter()
            index.add_items(vectors[held:n], np.arange(held, n), num_threads=THREADS)
            grew_s = time.perf_counter() - start
            bar.update(n - held)
            held = n
            rows.append(_row(vectors[:n], index, queries, k, floor, grew_s))
    return rows


def _row(
    vectors: np.ndarray,
    index: hnswlib.Index,
    queries: np.ndarray,
    k: int,
    floor: float,
    grew_s: float,
) -> Row:
    all_of_them = exact(vectors)
    for ef in EFS:
        found = searched({"walk": walk(index, ef)}, queries, k, all_of_them)["walk"]
        if found.recall >= floor:
            break
    both = {"exact": all_of_them, "walk": walk(index, ef)}
    timed = searched(both, queries, k, all_of_them)
    return Row(len(vectors), timed["exact"], timed["walk"], ef, grew_s)


def crossing(rows: Sequence[Row]) -> float | None:
    """The size at which both are as fast, between two rows on a logarithmic scale; None without one."""
    for small, large in pairwise(rows):
        below, above = (np.log(row.ratio.p50) for row in (small, large))
        if below < 0 <= above:
            share = below / (below - above)
            return float(small.n * (large.n / small.n) ** share)
    return None
