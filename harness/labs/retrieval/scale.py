"""Exact and approximate search as the collection grows, and the size at which they are equally fast.

The approximate search is called a walk, because it walks through a graph of vectors. One graph grows through
all sizes, as an index in service does. At each size the smallest ef that reaches the required recall is
timed: a fast search that misses too much is no competitor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import hnswlib
import numpy as np
from tqdm.auto import tqdm

from harness.labs.retrieval.search_runs import SearchRun, exact, measure, times_faster, walk
from harness.measure.latency.compare import Ratio

SIZES = (1_000, 5_000, 20_000, 100_000)
FLOOR = 0.98  # the required recall@k
EFS = tuple(16 * 2**i for i in range(8))  # values of ef to try, doubling: recall grows with log(ef)
LINKS, EF_CONSTRUCTION = 16, 80  # 100,000 vectors of 384 numbers in half a minute on two cores
SEED = 500
THREADS = 2  # for building; searching uses one


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements with `n` vectors. ef: the setting of the timed walk."""

    n: int
    exact: SearchRun
    walk: SearchRun
    ef: int

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
    """Return a row for each size n, measured on the first n of `vectors`.

    vectors: (n, d), n >= max(sizes). queries: (q, d). If no ef reaches the recall `floor`, the largest is
    timed, and the row shows its recall.
    """
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(max(sizes), M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=SEED)
    rows, n_indexed = [], 0
    with tqdm(total=max(sizes), unit="vectors", desc="growing", disable=not progress) as bar:
        for n in sorted(sizes):
            index.add_items(vectors[n_indexed:n], np.arange(n_indexed, n), num_threads=THREADS)
            bar.update(n - n_indexed)
            n_indexed = n
            rows.append(_row(vectors[:n], index, queries, k, floor))
    return rows


def _row(
    vectors: np.ndarray,
    index: hnswlib.Index,
    queries: np.ndarray,
    k: int,
    floor: float,
) -> Row:
    truth = exact(vectors)
    for ef in EFS:
        run = measure({"walk": walk(index, ef)}, queries, k, truth)["walk"]
        if run.recall >= floor:
            break
    runs = measure({"exact": truth, "walk": walk(index, ef)}, queries, k, truth)
    return Row(len(vectors), runs["exact"], runs["walk"], ef)


def crossing(rows: Sequence[Row]) -> float | None:
    """Return the size at which exact search and walk are equally fast.

    It is None if the walk never overtakes within `rows`, which are in order of size. Otherwise the size is
    interpolated between two rows on a logarithmic scale.
    """
    for small, large in pairwise(rows):
        below, above = (np.log(row.ratio.p50) for row in (small, large))
        if below < 0 <= above:
            share = below / (below - above)
            return float(small.n * (large.n / small.n) ** share)
    return None
