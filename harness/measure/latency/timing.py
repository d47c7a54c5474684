"""One request on the client's clock: TTFT, end-to-end, the gaps between pieces, what was answered.

All is read with `perf_counter_ns` in the process that asks, never from spans:

* **end-to-end**: from the call to the last event, `Done`.
* **TTFT**: from the call to the first piece that shows text of the answer. White space shows nothing,
  and neither does the "[2] " that a tuned model points with before its sentence.
* **inter-token latencies**: the gaps between pieces with text, from the first that counts on. A piece
  is not always one token, and an assistant that does not stream yields a single piece: it has no gaps.
* **pieces per second**: pieces after the first / time from the first to the last.
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
DEADLINE_S = 60.0  # the slow baseline's 3.2 s on a machine ten times slower, and twice that
MOST_EVENTS = (
    10_000  # five times what fits into the model's context; an endless stream fills memory
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from, so that a test can bring its own; `wait` takes seconds."""

    now_ns: Callable[[], int] = time.perf_counter_ns
    wait: Callable[[float], object] = threading.Event().wait


CLOCK = Clock()


@dataclass(frozen=True, slots=True)
class Timing:
    """A finished request; `ttft_ms` is None when no text came before the end."""

    ttft_ms: float | None
    e2e_ms: float
    answer: Answer
    gaps_ms: tuple[float, ...] = ()

    @property
    def pieces(self) -> int:
        """Pieces with text, from the first that shows some of the answer on."""
        return 0 if self.ttft_ms is None else 1 + len(self.gaps_ms)

    @property
    def pieces_per_s(self) -> float | None:
        """Pieces after the first / seconds from the first to the last; None without gaps."""
        total_ms = sum(self.gaps_ms)
        return 1e3 * len(self.gaps_ms) / total_ms if total_ms else None


def timed(assistant: Assistant, question: Question) -> Timing:
    """Ask and time, without looking for faults. Raises RuntimeError when there is no `Done`."""
    seen: list[tuple[int, object]] = []
    start = time.perf_counter_ns()
    for event in assistant.stream(question):
        seen.append((time.perf_counter_ns() - start, event))
        if isinstance(event, Done):
            return _timing(seen)
    raise RuntimeError("The assistant stopped without finishing its answer (no Done event).")


def clocked(
    assistant: Assistant,
    question: Question,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
) -> Timing | Fault:
    """Ask, time, and read the stream to its end: a Timing, or the Fault that takes its place.

    Raises nothing that an assistant raises. The deadline is looked at between events: an iterator that
    never returns blocks this thread for good, and only another process, the referee's, can end it.
    """
    seen, error = _watched(assistant, question, round(deadline_s * NS_PER_S), clock)
    late = bool(seen) and seen[-1][0] > deadline_s * NS_PER_S
    events = [event for _, event in seen]
    return fault_in(events, error, deadline_s if late else None) or _timing(seen)


def _watched(
    assistant: Assistant, question: Question, deadline_ns: int, clock: Clock
) -> tuple[list[tuple[int, object]], Exception | None]:
    """(ns since the call, event) as they come, and what was raised on the way."""
    seen: list[tuple[int, object]] = []
    start = clock.now_ns()
    try:
        stream = assistant.stream(question)
        for event in stream:
            seen.append((clock.now_ns() - start, event))
            if _enough(seen, deadline_ns):
                break
        if close := getattr(stream, "close", None):
            close()  # now, so that what its end costs or raises belongs to this request
    except Exception as error:  # whatever an assistant raises is a fault of one request
        return seen, error
    return seen, None


def _enough(seen: Sequence[tuple[int, object]], deadline_ns: int) -> bool:
    """True when reading on can change nothing. Not at Done: what follows it is a fault."""
    at_ns, event = seen[-1]
    went_on = len(seen) > 1 and isinstance(seen[-2][1], Done)
    return went_on or at_ns > deadline_ns or len(seen) >= MOST_EVENTS or not is_event(event)


def _timing(seen: Sequence[tuple[int, object]]) -> Timing:
    """The numbers of a stream that ends with Done; worked out when the clock has stopped."""
    end_ns, done = seen[-1]
    shown = _shown(seen)
    ttft_ms = shown[0] / NS_PER_MS if shown else None
    gaps_ms = tuple((later - sooner) / NS_PER_MS for sooner, later in pairwise(shown))
    return Timing(ttft_ms, end_ns / NS_PER_MS, done.answer, gaps_ms)


def _shown(seen: Sequence[tuple[int, object]]) -> list[int]:
    """When pieces with text came, in ns, from the first that shows some of the answer on."""
    text, shown = "", []
    for at_ns, event in seen:
        if not isinstance(event, Token) or not event.text:
            continue
        text = text if shown else text + event.text
        if shown or visible(text):
            shown.append(at_ns)
    return shown
