"""Exact and approximate search as the collection grows, and the size at which they are equally fast.

One graph grows through all sizes, as an index in service does. At each size the smallest ef that reaches the
required recall is timed: a fast search that misses too much is no competitor.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import hnswlib
import numpy as np
from tqdm.auto import tqdm

from harness.labs.retrieval.search_runs import SearchRun, exact, measure, times_faster, walk
from harness.measure.latency.compare import Ratio

SIZES = (1_000, 5_000, 20_000, 100_000, 500_000)
FLOOR = 0.98  # the required recall@k
EFS = tuple(16 * 2**i for i in range(8))  # candidates; recall grows with their logarithm
LINKS, EF_CONSTRUCTION = 16, 80  # 500,000 vectors of 64 numbers in half a minute on two cores
SEED = 500
THREADS = 2  # for building; searching uses one


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements at one size. ef: of the timed walk; growth_s: time to grow the graph to this size."""

    n: int
    exact: SearchRun
    walk: SearchRun
    ef: int
    growth_s: float

    @property
    def ratio(self) -> Ratio:
        """Return exact / walk, p50 of one query; above 1 the walk is faster."""
        return times_faster(self.exact, self.walk)


def sweep(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int = 5,
    sizes: Sequence[int] = SIZES,
    floor: float = FLOOR,
    progress: bool = True,
) -> list[Row]:
    """Return a row for each size n, measured on the first n of `vectors` (at least max(sizes), d).

    If no ef reaches the recall `floor`, the largest is timed, and the row shows its recall.
    """
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(max(sizes), M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=SEED)
    rows, held = [], 0
    with tqdm(total=max(sizes), unit="vectors", desc="growing", disable=not progress) as bar:
        for n in sorted(sizes):
            start = time.perf_counter()
            index.add_items(vectors[held:n], np.arange(held, n), num_threads=THREADS)
            growth_s = time.perf_counter() - start
            bar.update(n - held)
            held = n
            rows.append(_row(vectors[:n], index, queries, k, floor, growth_s))
    return rows


def _row(
    vectors: np.ndarray,
    index: hnswlib.Index,
    queries: np.ndarray,
    k: int,
    floor: float,
    growth_s: float,
) -> Row:
    truth = exact(vectors)
    for ef in EFS:
        run = measure({"walk": walk(index, ef)}, queries, k, truth)["walk"]
        if run.recall >= floor:
            break
    runs = measure({"exact": truth, "walk": walk(index, ef)}, queries, k, truth)
    return Row(len(vectors), runs["exact"], runs["walk"], ef, growth_s)


def crossing(rows: Sequence[Row]) -> float | None:
    """Return the size at which both are equally fast, or None.

    The size is interpolated between two rows on a logarithmic scale.
    """
    for small, large in pairwise(rows):
        below, above = (np.log(row.ratio.p50) for row in (small, large))
        if below < 0 <= above:
            share = below / (below - above)
            return float(small.n * (large.n / small.n) ** share)
    return None
