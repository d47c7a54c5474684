"""The spans of the request under way, from which a server counts tokens and reports its own time."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from harness import semconv
from harness.chat.chat_messages import Usage

NS_PER_MS = 1e6
TOTAL = "total"  # name in Server-Timing: from the request's arrival to the first byte of the reply
SHOWN = (semconv.QUEUE, *semconv.STAGES)


class RequestSpans(SpanProcessor):
    """The spans that have ended in the trace of one request; the next request forgets them."""

    def __init__(self) -> None:
        self._trace_id, self._ended = 0, []

    def begin(self, trace_id: int) -> None:
        """Forget the last request and collect the spans of this trace."""
        self._trace_id, self._ended = trace_id, []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span of the request, from whichever thread."""
        if span.context.trace_id == self._trace_id:
            self._ended.append(span)

    def ended(self) -> tuple[ReadableSpan, ...]:
        """Return the spans so far."""
        return tuple(self._ended)


def usage(spans: Sequence[ReadableSpan], pieces: int) -> Usage:
    """Return the tokens that the spans state; without a count, the pieces of text, at least 1."""
    prompt = _sum(spans, semconv.INPUT_TOKENS)
    counted = _sum(spans, semconv.OUTPUT_TOKENS) or _sum(spans, semconv.PIECES)
    return Usage(prompt_tokens=prompt, completion_tokens=counted or max(pieces, 1))


def server_timing(spans: Sequence[ReadableSpan], total_ms: float) -> str:
    """Return the header Server-Timing: the stages that have ended, and the total so far, in ms."""
    stages = [(s.name, (s.end_time - s.start_time) / NS_PER_MS) for s in spans if s.name in SHOWN]
    return ", ".join(f"{name};dur={ms:.1f}" for name, ms in [*stages, (TOTAL, total_ms)])


def _sum(spans: Sequence[ReadableSpan], attribute: str) -> int:
    return sum(int((span.attributes or {}).get(attribute, 0)) for span in spans)
