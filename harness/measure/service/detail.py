"""What is known of a run's requests beside their times, and which of them are divided in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.measure.latency.timing import Timing
from harness.measure.service.received_trace import received_trace, shift_ms
from harness.measure.service.service_run import Outcome
from harness.measure.service.span_receiver import ReceivedSpans

SPANS, STATED = "Spans", "The server's own time"


@dataclass(frozen=True, slots=True)
class Detail:
    """A source that tells the parts of a request. without: makes a request one that it says nothing of."""

    name: str
    tells: Callable[[Outcome], bool]
    without: Callable[[Outcome], Outcome]


def _stated(outcome: Outcome) -> bool:
    return outcome.exchange is not None and outcome.exchange.server_ms is not None


def _without_stated(outcome: Outcome) -> Outcome:
    if not _stated(outcome):
        return outcome
    return replace(outcome, exchange=replace(outcome.exchange, server={}, server_ms=None))


# The most detailed first.
DETAILS = (
    Detail(
        SPANS,
        lambda outcome: outcome.trace is not None,
        lambda outcome: replace(outcome, trace=None),
    ),
    Detail(STATED, _stated, _without_stated),
)


@dataclass(frozen=True, slots=True)
class Alike:
    """Requests whose time is divided in the same way. notes: sentences about what the others lack."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()


def alike(outcomes: Sequence[Outcome]) -> Alike:
    """Return the requests of which the most detailed source tells that tells of at least half of them.

    A part that one source knows and another does not must not count as 0 in a median.
    """
    notes, left = [], tuple(outcomes)
    for detail in DETAILS:
        told = tuple(filter(detail.tells, left))
        came = f"{detail.name} came for {len(told)} of {len(left)} warm requests"
        if told and 2 * len(told) >= len(left):
            some = [f"{came}: only these are divided into parts."] if len(told) < len(left) else []
            return Alike(told, (*notes, *some))
        if told:
            notes.append(f"{came}, fewer than half: the parts are those seen without.")
        left = tuple(map(detail.without, left))
    return Alike(left, tuple(notes))


def with_traces(
    outcomes: Sequence[Outcome], spans: ReceivedSpans, hide: Callable[[str], str] = str
) -> list[Outcome]:
    """Return the outcomes with the traces of those answers whose server has sent its spans.

    hide: takes keys out of names.
    """
    return [_with_trace(outcome, spans, hide) for outcome in outcomes]


def _with_trace(outcome: Outcome, spans: ReceivedSpans, hide: Callable[[str], str]) -> Outcome:
    if outcome.sent is None or not isinstance(outcome.result, Timing):
        return outcome
    received, about = spans.of(outcome.sent.trace_id), (outcome.sent.at_ns, outcome.result.e2e_ms)
    trace = received_trace(received, *about, hide)
    return replace(
        outcome, trace=trace, moved=trace is not None and shift_ms(received, *about) != 0
    )
