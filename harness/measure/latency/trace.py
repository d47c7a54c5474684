"""Traces of requests, recorded with OpenTelemetry.

`recording()` collects the spans of everything that runs inside it; each request becomes one `Trace`. Span
times are wall-clock times: they explain where time goes but never decide a grade (a grader reads
`perf_counter_ns`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from harness import semconv
from harness.tracer_provider import tracer_provider

NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work: its start after the start of its request, and its duration, both in ms."""

    name: str
    start_ms: float
    duration_ms: float
    depth: int = 0
    attributes: dict[str, object] = field(default_factory=dict)

    @property
    def end_ms(self) -> float:
        """Return the end after the start of the request."""
        return self.start_ms + self.duration_ms

    @property
    def simulated(self) -> bool:
        """Return whether the duration is emulated distance instead of computed work."""
        return bool(self.attributes.get(semconv.SIMULATED, False))


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one request, parents before children; the first span is the whole request."""

    spans: tuple[Span, ...]

    @property
    def total_ms(self) -> float:
        """Return the duration of the root span; end-to-end if the root is the client's `request`."""
        return self.spans[0].duration_ms

    def stage_ms(self) -> dict[str, float]:
        """Return the ms of each stage, in the order of `semconv.STAGES`; a stage's spans are summed."""
        stages = [span for span in self.spans if span.name in semconv.STAGES]
        names = [name for name in semconv.STAGES if any(span.name == name for span in stages)]
        return {name: sum(s.duration_ms for s in stages if s.name == name) for name in names}

    @property
    def coverage(self) -> float:
        """Return the share of the request's time inside stage spans, 0 to 1."""
        return sum(self.stage_ms().values()) / self.total_ms


class Recorder:
    """The finished traces of a `recording()` block, oldest first."""

    def __init__(self, exporter: InMemorySpanExporter, since: int) -> None:
        self._exporter, self._since = exporter, since

    def traces(self) -> list[Trace]:
        """Return the traces recorded since the block began."""
        return _traces(self._exporter.get_finished_spans()[self._since :])

    def last(self) -> Trace:
        """Return the latest trace. Raises LookupError if nothing was recorded."""
        traces = self.traces()
        if not traces:
            raise LookupError(
                "No trace was recorded: run a request inside the `recording()` block."
            )
        return traces[-1]


@contextmanager
def recording() -> Iterator[Recorder]:
    """Collect the spans of every request made inside the block."""
    exporter = _exporter()
    yield Recorder(exporter, len(exporter.get_finished_spans()))


@cache
def _exporter() -> InMemorySpanExporter:
    """Return the exporter that all recordings share."""
    exporter = InMemorySpanExporter()
    tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


def _traces(finished: tuple[ReadableSpan, ...]) -> list[Trace]:
    by_trace: dict[int, list[ReadableSpan]] = {}
    for span in finished:
        by_trace.setdefault(span.context.trace_id, []).append(span)
    return [_trace(spans) for spans in by_trace.values() if any(s.parent is None for s in spans)]


def _trace(spans: list[ReadableSpan]) -> Trace:
    parent = {s.context.span_id: s.parent.span_id if s.parent else None for s in spans}
    ordered = sorted(spans, key=lambda s: (s.start_time, _depth(s.context.span_id, parent)))
    root = next(s for s in spans if s.parent is None)
    ordered.remove(root)
    return Trace(tuple(_span(s, root.start_time, parent) for s in [root, *ordered]))


def _span(span: ReadableSpan, origin_ns: int, parent: dict[int, int | None]) -> Span:
    return Span(
        span.name,
        (span.start_time - origin_ns) / NS_PER_MS,
        (span.end_time - span.start_time) / NS_PER_MS,
        _depth(span.context.span_id, parent),
        dict(span.attributes or {}),
    )


def _depth(span_id: int, parent: dict[int, int | None]) -> int:
    above = parent.get(span_id)
    return 0 if above is None else 1 + _depth(above, parent)


def chrome_trace(traces: list[Trace]) -> dict[str, list[dict[str, object]]]:
    """Return the traces as Chrome-trace JSON, for ui.perfetto.dev; each request gets its own thread."""
    return {
        "traceEvents": [
            {
                "name": span.name,
                "ph": "X",
                "ts": span.start_ms * 1000,  # microseconds
                "dur": span.duration_ms * 1000,
                "pid": 1,
                "tid": thread,
                "args": {key: str(value) for key, value in span.attributes.items()},
            }
            for thread, trace in enumerate(traces, start=1)
            for span in trace.spans
        ]
    }
