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
QUIET = 200  # queries before anything is built: enough for p90


@dataclass
class IndexHandle:
    """Where requests find the index; to assign another one is a single step, and nobody sees half of it."""

    index: hnswlib.Index

    def search(self, query: np.ndarray, k: int, ef: int) -> np.ndarray:
        """Rows of the k nearest by the index of this moment, one thread."""
        index = self.index  # once: it may be another one on the next line
        index.set_ef(max(ef, k))
        return index.knn_query(query, k, num_threads=1)[0][0]


def swapped_under_traffic(
    handle: IndexHandle, build: Callable[[], hnswlib.Index], queries: np.ndarray, k: int, ef: int
) -> tuple[list[float], list[float]]:
    """ms of every query at rest, and of those while `build` makes the next index, which is then swapped in.

    Raises what `build` raises; the old index stays then.
    """
    at_rest = [
        _ms(handle, query, k, ef) for query, _ in zip(cycle(queries), range(QUIET), strict=False)
    ]
    outcome: list[hnswlib.Index | Exception] = []

    def work() -> None:
        try:
            outcome.append(build())
        except Exception as error:
            outcome.append(error)

    builder = threading.Thread(target=work)
    builder.start()
    meanwhile = []
    for query in cycle(queries):
        meanwhile.append(_ms(handle, query, k, ef))
        if not builder.is_alive():
            break
    builder.join()
    [made] = outcome
    if isinstance(made, Exception):
        raise made
    handle.index = made
    return at_rest, meanwhile


def _ms(handle: IndexHandle, query: np.ndarray, k: int, ef: int) -> float:
    start = time.perf_counter_ns()
    handle.search(query, k, ef)
    return (time.perf_counter_ns() - start) / NS_PER_MS
