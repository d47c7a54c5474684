"""The trace of a request whose server has sent its spans: the client's time around the server's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from harness import semconv
from harness.chat.chat_replies import printable
from harness.measure.latency.trace import NS_PER_MS, Span, Trace
from harness.measure.service.span_receiver import ReceivedSpan

NAME_CHARS = 60  # a name comes from the service, and a terminal shows it


def received_trace(
    spans: Sequence[ReceivedSpan],
    sent_ns: int,
    e2e_ms: float,
    hide: Callable[[str], str] = str,
) -> Trace | None:
    """Return the request as its client saw it, with the server's spans inside; None without spans.

    sent_ns: when it was sent, ns since the epoch. hide: takes keys out of names. Spans are moved by
    `shift_ms`; what lies outside the request then, such as work after the answer, is cut off.
    """
    found = [_span(span, spans, sent_ns, hide) for span in _lasting(spans)]
    if not found:
        return None
    shift = shift_ms(spans, sent_ns, e2e_ms)
    inside = [clipped for span in found if (clipped := _clipped(span, shift, e2e_ms))]
    inside.sort(key=lambda span: (span.start_ms, span.depth))
    return Trace((Span(semconv.REQUEST, 0.0, e2e_ms), *inside))


def shift_ms(spans: Sequence[ReceivedSpan], sent_ns: int, e2e_ms: float) -> float:
    """Return how far the spans must be moved; 0 if the first of them starts inside the request.

    Otherwise the server's clock is another one: they are moved to the middle of the request, or to its start
    if they are longer.
    """
    if not (lasting := _lasting(spans)):
        return 0.0
    start_ns, end_ns = min(s.start_ns for s in lasting), max(s.end_ns for s in lasting)
    start_ms, length_ms = (start_ns - sent_ns) / NS_PER_MS, (end_ns - start_ns) / NS_PER_MS
    if 0 <= start_ms < e2e_ms:
        return 0.0
    return max(0.0, e2e_ms - length_ms) / 2 - start_ms


def own_ms(trace: Trace, outside: str, until_ms: float) -> dict[str, float]:
    """Return ms by name, which add up to `until_ms`: each moment belongs to the innermost span open then.

    outside: the name of the time outside all spans but the request's own.
    """
    inner = trace.spans[1:]
    ends = {0.0, until_ms} | {ms for span in inner for ms in (span.start_ms, span.end_ms)}
    found: dict[str, float] = {}
    for start, end in pairwise(sorted(ms for ms in ends if 0 <= ms <= until_ms)):
        open_then = [span for span in inner if span.start_ms <= start and span.end_ms >= end]
        innermost = max(open_then, key=lambda span: (span.depth, span.start_ms), default=None)
        name = innermost.name if innermost else outside
        found[name] = found.get(name, 0.0) + end - start
    return found


def _lasting(spans: Sequence[ReceivedSpan]) -> list[ReceivedSpan]:
    return [span for span in spans if span.end_ns > span.start_ns]


def _span(
    span: ReceivedSpan, spans: Sequence[ReceivedSpan], sent_ns: int, hide: Callable[[str], str]
) -> Span:
    start_ms = (span.start_ns - sent_ns) / NS_PER_MS
    name = printable(hide(span.name))[:NAME_CHARS] or "unnamed"
    return Span(name, start_ms, (span.end_ns - span.start_ns) / NS_PER_MS, _depth(span, spans))


def _depth(span: ReceivedSpan, spans: Sequence[ReceivedSpan]) -> int:
    """Return 1 for a span whose parent is the client's request, and one more for each span in between."""
    parents = {each.span_id: each.parent_id for each in spans}
    depth, above = 1, span.parent_id
    while above in parents and depth <= len(parents):  # a circle of parents ends, too
        depth, above = depth + 1, parents[above]
    return depth


def _clipped(span: Span, shift: float, e2e_ms: float) -> Span | None:
    start, end = max(0.0, span.start_ms + shift), min(e2e_ms, span.end_ms + shift)
    return Span(span.name, start, end - start, span.depth) if end > start else None
