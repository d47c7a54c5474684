"""One request on the client's clock: TTFT, end-to-end, and what was answered.

TTFT is the first non-empty text at the client; end-to-end is the last event. Both are read with
`perf_counter_ns` in the process that asks, never from spans.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from harness.assistant import Answer, Assistant, Done, Question, Token

NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Timing:
    """A finished request; `ttft_ms` is None when no text came before the end."""

    ttft_ms: float | None
    e2e_ms: float
    answer: Answer


def timed(assistant: Assistant, question: Question) -> Timing:
    """Ask and time. Raises RuntimeError when the stream ends without `Done`."""
    start = time.perf_counter_ns()
    ttft_ms: float | None = None
    for event in assistant.stream(question):
        now_ms = (time.perf_counter_ns() - start) / NS_PER_MS
        if isinstance(event, Done):
            return Timing(ttft_ms, now_ms, event.answer)
        if ttft_ms is None and isinstance(event, Token) and event.text:
            ttft_ms = now_ms
    raise RuntimeError("The assistant stopped without finishing its answer (no Done event).")
