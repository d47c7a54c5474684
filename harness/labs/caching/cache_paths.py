"""Requests through an assistant with caches, each time under the name of who answered: never one heap."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry import trace
from tqdm.auto import tqdm

from harness import semconv
from harness.assistant import Assistant, Question
from harness.measure.latency.timing import timed
from harness.measure.latency.trace import recording

MISS = "miss"


def by_path(
    assistant: Assistant, questions: Iterable[Question], progress: bool = True
) -> dict[str, list[float]]:
    """End-to-end ms in this process, no network, by path: "miss", or the cache that answered.

    The lookup is part of both: a miss has paid for it, too.
    """
    tracer = trace.get_tracer(__name__)
    found: dict[str, list[float]] = {}
    with recording() as rec:
        for question in tqdm(list(questions), unit="requests", disable=not progress):
            with tracer.start_as_current_span(semconv.REQUEST):
                timing = timed(assistant, question)
            attributes = rec.last().spans[0].attributes
            found.setdefault(str(attributes.get(semconv.CACHE, MISS)), []).append(timing.e2e_ms)
    return found
