"""An index replaced under traffic: the next one is built beside it, then one assignment swaps them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import hnswlib
import numpy as np

NS_PER_MS = 1e6
QUERIES_AT_REST = 200  # before the build: enough for p90


@dataclass
class IndexHandle:
    """The place where requests find the current index. Assigning a new index is atomic."""

    index: hnswlib.Index

    def search(self, query: np.ndarray, k: int, ef: int) -> np.ndarray:
        """Return the rows of the k nearest in the current index, found on one thread."""
        index = self.index  # read once: another thread may assign a new one at any time
        index.set_ef(max(ef, k))
        return index.knn_query(query, k, num_threads=1)[0][0]


def swap_under_traffic(
    handle: IndexHandle, build: Callable[[], hnswlib.Index], queries: np.ndarray, k: int, ef: int
) -> tuple[list[float], list[float]]:
    """Search while `build` makes the next index, then swap it in.

    Returns the ms of every query before the build, and of those during the build. Raises what `build` raises;
    the old index then stays.
    """
    at_rest = [
        _ms(handle, query, k, ef)
        for query, _ in zip(cycle(queries), range(QUERIES_AT_REST), strict=False)
    ]
    outcome: list[hnswlib.Index | Exception] = []

    def work() -> None:
        try:
            outcome.append(build())
        except Exception as error:
            outcome.append(error)

    builder = threading.Thread(target=work)
    builder.start()
    during_build = []
    for query in cycle(queries):
        during_build.append(_ms(handle, query, k, ef))
        if not builder.is_alive():
            break
    builder.join()
    [built] = outcome
    if isinstance(built, Exception):
        raise built
    handle.index = built
    return at_rest, during_build


def _ms(handle: IndexHandle, query: np.ndarray, k: int, ef: int) -> float:
    start = time.perf_counter_ns()
    handle.search(query, k, ef)
    return (time.perf_counter_ns() - start) / NS_PER_MS
