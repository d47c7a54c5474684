"""Times of calls that the lab does not compare in turn: the building of an index, and hits of a cache."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from harness.assistant import Chunk, Query
from harness.pipeline import Retrieve
from harness.wrappers.retrieval_cache import RetrievalCache
from harness.wrappers.text_store import text_store

MS_PER_S = 1e3
Result = TypeVar("Result")


def timed(
    function: Callable[..., Result], *arguments: object, **options: object
) -> tuple[Result, float]:
    """Return what `function` returns for these arguments, and the seconds it took."""
    start_s = time.perf_counter()
    result = function(*arguments, **options)
    return result, time.perf_counter() - start_s


def hit_and_miss_ms(
    search: Retrieve, chunks: Sequence[Chunk], queries: Iterable[Query], k: int
) -> dict[str, list[float]]:
    """Return the ms of each of `queries` through a retrieval cache that is empty at first.

    A query is a "hit" if its text was asked before, otherwise a "miss". search: what the cache is in front
    of; it returns some of `chunks`.
    """
    times_ms: dict[str, list[float]] = {"hit": [], "miss": []}
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        cache = RetrievalCache(search, chunks, text_store(Path(folder)), "index 1")
        for query in queries:
            _, seconds = timed(cache, query, k)
            times_ms["hit" if query.text in seen else "miss"].append(MS_PER_S * seconds)
            seen.add(query.text)
    return times_ms
