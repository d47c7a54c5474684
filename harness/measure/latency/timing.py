"""The timing of one request on the client's clock: TTFT, end-to-end, and the gaps between pieces.

All times are read with `perf_counter_ns` in the process that asks, never from spans:

* **end-to-end**: from the call to the last event, `Done`.
* **TTFT**: from the call to the first piece that shows text of the answer. White space does not count, and
  neither does the citation mark "[2] " that a tuned model puts before its sentence.
* **inter-token latencies**: the gaps between pieces with text, from the first that counts. A piece is not
  always one token, and an assistant that does not stream yields a single piece and has no gaps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.assistant import Answer, Assistant, Done, Question, Token
from harness.measure.latency.faults import Fault, fault_in, is_event, visible

NS_PER_MS, NS_PER_S = 1e6, 1e9
DEADLINE_S = 60.0  # twice the slow baseline's 3.2 s on a machine ten times slower
MOST_EVENTS = 10_000  # five times the model's context; an endless stream would fill the memory


@dataclass(frozen=True, slots=True)
class Clock:
    """A source of time, which a test can replace; `wait` takes seconds."""

    now_ns: Callable[[], int] = time.perf_counter_ns
    wait: Callable[[float], object] = threading.Event().wait


CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a finished request; `ttft_ms` is None if no text came before the end."""

    ttft_ms: float | None
    e2e_ms: float
    answer: Answer
    gaps_ms: tuple[float, ...] = ()

    @property
    def pieces(self) -> int:
        """Return the number of pieces with text, from the first that shows some of the answer."""
        return 0 if self.ttft_ms is None else 1 + len(self.gaps_ms)


def time_request(assistant: Assistant, question: Question) -> Timing:
    """Ask and time, without looking for faults. Raises RuntimeError if there is no `Done`."""
    seen: list[tuple[int, object]] = []
    start = time.perf_counter_ns()
    for event in assistant.stream(question):
        seen.append((time.perf_counter_ns() - start, event))
        if isinstance(event, Done):
            return _timing(seen)
    raise RuntimeError("The assistant stopped without finishing its answer (no Done event).")


def time_or_fault(
    assistant: Assistant,
    question: Question,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
) -> Timing | Fault:
    """Ask, read the stream to its end, and return its Timing, or a Fault instead.

    An exception of the assistant becomes a Fault. The deadline is checked between events: an iterator that
    never returns blocks this thread forever, and only another process, such as the referee's, can end it.
    """
    seen, error = _read_stream(assistant, question, round(deadline_s * NS_PER_S), clock)
    late = bool(seen) and seen[-1][0] > deadline_s * NS_PER_S
    events = [event for _, event in seen]
    return fault_in(events, error, deadline_s if late else None) or _timing(seen)


def _read_stream(
    assistant: Assistant, question: Question, deadline_ns: int, clock: Clock
) -> tuple[list[tuple[int, object]], Exception | None]:
    """Return the events with their times in ns since the call, and the exception raised, if any."""
    seen: list[tuple[int, object]] = []
    start = clock.now_ns()
    try:
        stream = assistant.stream(question)
        for event in stream:
            seen.append((clock.now_ns() - start, event))
            if _is_decided(seen, deadline_ns):
                break
        if close := getattr(stream, "close", None):
            close()  # now, so that its cost and its exceptions belong to this request
    except Exception as error:  # an exception of an assistant is a fault of one request
        return seen, error
    return seen, None


def _is_decided(seen: Sequence[tuple[int, object]], deadline_ns: int) -> bool:
    """Return True if more events cannot change the outcome; after Done they can, because they are a fault."""
    at_ns, event = seen[-1]
    after_done = len(seen) > 1 and isinstance(seen[-2][1], Done)
    return after_done or at_ns > deadline_ns or len(seen) >= MOST_EVENTS or not is_event(event)


def _timing(seen: Sequence[tuple[int, object]]) -> Timing:
    """Return the times of a stream that ends with Done; called after the clock has stopped."""
    end_ns, done = seen[-1]
    shown_ns = _shown_ns(seen)
    ttft_ms = shown_ns[0] / NS_PER_MS if shown_ns else None
    gaps_ms = tuple((later - sooner) / NS_PER_MS for sooner, later in pairwise(shown_ns))
    return Timing(ttft_ms, end_ns / NS_PER_MS, done.answer, gaps_ms)


def _shown_ns(seen: Sequence[tuple[int, object]]) -> list[int]:
    """Return the arrival times of pieces with text, from the first that shows some of the answer."""
    text, times_ns = "", []
    for at_ns, event in seen:
        if not isinstance(event, Token) or not event.text:
            continue
        text = text if times_ns else text + event.text
        if times_ns or visible(text):
            times_ns.append(at_ns)
    return times_ns
