"""Times of a cached assistant by path, with the average of them all as the number not to report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median

from harness.labs.caching.cache_paths import MISS
from harness.labs.caching.latency_rows import sample_rows
from harness.show.style import Picture, duration, percent


def cache_paths(samples_ms: Mapping[str, Sequence[float]]) -> Picture:
    """A row for each path that occurred, the miss path last. Raises ValueError where nothing missed."""
    if not samples_ms.get(MISS):
        raise ValueError(
            "Nothing missed: a cache that always hits is measured on repeated questions."
        )
    order = sorted(samples_ms, key=lambda path: (path == MISS, path))
    rows = {f"{path} ({len(samples_ms[path])})": samples_ms[path] for path in order}
    everything = [ms for samples in samples_ms.values() for ms in samples]
    hits = 1 - len(samples_ms[MISS]) / len(everything)
    title = (
        f"{percent(hits)} hit; a miss takes {duration(median(samples_ms[MISS]))}, with or without a "
        f"cache. The mean of all, {duration(fmean(everything))}, is nobody's request"
    )
    note = "end-to-end in this process, no network; measured; in brackets: n of each path"
    return sample_rows(rows, title, note, "ms, logarithmic; bar: p50")
