"""A bounded, polite run of questions against a service: one at a time, no faster than a rate."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.trace import SpanContext

from harness import semconv
from harness.chat.chat_exchange import Exchange
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.timing import CLOCK, DEADLINE_S, Clock, Timing, time_or_fault
from harness.measure.latency.trace import Trace, recording
from harness.measure.service.own_questions import OwnQuestion
from harness.measure.service.targets import Pace, Target
from harness.tracer_provider import tracer_provider

tracer = trace.get_tracer("under500")
CUT_OFF = Fault(FaultKind.RAISED, "The run was interrupted before the answer was complete.")
MOST_FAULTS = 3  # in a row; then the service is down, or the address is wrong
MOST_WAIT_S = 120.0  # that a service may ask for; longer is a reason to come back another time


@dataclass(frozen=True, slots=True)
class Plan:
    """The most that a run may do. n: requests. rate: requests a second. max_tokens: of each answer.

    Both are None for an object in this process. deadline_s: for each answer.
    """

    n: int
    rate: float | None = None
    max_tokens: int | None = None
    deadline_s: float = DEADLINE_S

    def __str__(self) -> str:
        requests = "1 request" if self.n == 1 else f"{self.n} requests, one at a time"
        said = f"at most {requests}"
        if self.rate is not None and self.n > 1:
            said += f", at most {self.rate:g} a second"
        if self.max_tokens is None:
            return said
        total = self.n * self.max_tokens
        return f"{said}, asks for at most {self.max_tokens} tokens an answer ({total:,} in all)"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request under way: the trace that it belongs to, and when it was sent, ns since the epoch."""

    trace_id: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: its Timing or Fault, and what is known of its parts.

    sent: set if it went to an address, with a `traceparent`. moved: whether its spans were, in time.
    """

    asked: OwnQuestion
    result: Timing | Fault
    exchange: Exchange | None = None
    trace: Trace | None = None
    sent: Sent | None = None
    moved: bool = False

    @property
    def wait_s(self) -> float | None:
        """Return how long the service asks to wait before the same question; None unless it asked to wait."""
        return self.exchange.retry_after_s if self.exchange else None


def run_service(
    target: Target,
    questions: Sequence[OwnQuestion],
    plan: Plan,
    clock: Clock = CLOCK,
    expect: Callable[[SpanContext], object] = lambda sent: None,
) -> Iterator[Outcome]:
    """Yield the outcome of each request, at most `plan.n`. expect: called before each request to an address.

    A KeyboardInterrupt during a request is raised again after that request's outcome, CUT_OFF.

    A question that the service refuses for being too busy is asked again after the time it names. The run
    stops after MOST_FAULTS faults or refusals in a row, and if that time is above MOST_WAIT_S.
    """
    left, in_a_row, pace = deque(questions), 0, Pace(plan.rate or math.inf, clock)
    for _ in range(plan.n):
        if not left or in_a_row == MOST_FAULTS:
            return
        pace.keep()
        try:
            outcome = _ask(target, left[0], plan.deadline_s, clock, expect)
        except KeyboardInterrupt:
            yield Outcome(left[0], CUT_OFF)
            raise
        yield outcome
        in_a_row = in_a_row + 1 if isinstance(outcome.result, Fault) else 0
        if outcome.wait_s is None:
            left.popleft()
        elif outcome.wait_s > MOST_WAIT_S:
            return
        elif in_a_row < MOST_FAULTS:
            clock.wait(outcome.wait_s)


def _ask(
    target: Target,
    asked: OwnQuestion,
    deadline_s: float,
    clock: Clock,
    expect: Callable[[SpanContext], object],
) -> Outcome:
    if target.client is not None:
        tracer_provider()
        with tracer.start_as_current_span(semconv.REQUEST) as span:
            expect(context := span.get_span_context())
            sent = Sent(context.trace_id, time.time_ns())
            result = time_or_fault(target.assistant, asked.question, deadline_s, clock)
        return Outcome(asked, result, target.client.last, sent=sent)
    with recording() as recorder:
        result = time_or_fault(target.assistant, asked.question, deadline_s, clock)
        with suppress(
            LookupError
        ):  # an assistant that is traced by another provider, or not at all
            return Outcome(asked, result, trace=recorder.last())
    return Outcome(asked, result)
