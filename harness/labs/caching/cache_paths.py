"""Latencies of an assistant with caches, grouped by what served the request: a miss, or which cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from opentelemetry import trace
from tqdm.auto import tqdm

from harness import semconv
from harness.assistant import Assistant, Question
from harness.measure.latency.timing import time_request
from harness.measure.latency.trace import recording

MISS = "miss"
NS_PER_MS = 1e6


def by_path(
    assistant: Assistant, questions: Iterable[Question], progress: bool = True
) -> dict[str, list[float]]:
    """Return end-to-end ms in this process, no network, by path: "miss", or the cache that answered.

    Every time includes the lookup in the caches, because a miss pays for it, too.
    """
    tracer = trace.get_tracer(__name__)
    times_ms: dict[str, list[float]] = {}
    with recording() as rec:
        for question in tqdm(list(questions), unit="requests", disable=not progress):
            with tracer.start_as_current_span(semconv.REQUEST):
                timing = time_request(assistant, question)
            path = rec.last().spans[0].attributes.get(semconv.CACHE, MISS)
            times_ms.setdefault(str(path), []).append(timing.e2e_ms)
    return times_ms


def mean_ms(function: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the mean time of function(text) over `texts`, in ms."""
    start_ns = time.perf_counter_ns()
    for text in texts:
        function(text)
    return (time.perf_counter_ns() - start_ns) / NS_PER_MS / len(texts)
