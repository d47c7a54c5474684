"""The way from slow to fast, measured step by step: every step answers every question, in turn.

One run, one machine: what disturbs it disturbs all steps of a question, and the ratio to the first step
hardly moves. Who answers first rotates from question to question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pydantic import BaseModel

from harness.assistant import Assistant
from harness.errors import PlainError
from harness.kb.questions import Case
from harness.measure.latency.faults import Fault
from harness.measure.latency.latencies import latencies
from harness.measure.latency.stats import bootstrap_ratio, median_ratio
from harness.measure.latency.timing import Timing, clocked
from harness.measure.machine.describe import describe
from harness.measure.quality.quality import summary
from harness.serve.entry import Entry

WARM_UP = 1  # questions that every step answers off the clock


class FaultyStepError(PlainError):
    """A step went wrong while it was measured."""


class Times(BaseModel, frozen=True):
    """In ms; None where n is too small for it."""

    p50: float | None
    p90: float | None


class Step(BaseModel, frozen=True):
    """One step as measured. ratio: first step / this one, end-to-end p50, with its 95 % interval.

    exact, answerable: right facts, of so many questions that have one. refused, unanswerable: likewise.
    detour: a change that was tried beside the way and not kept.
    """

    name: str
    cost: str
    detour: bool
    division: str
    n: int
    e2e_ms: Times
    ttft_ms: Times
    ratio: float
    low: float
    high: float
    exact: int
    answerable: int
    refused: int
    unanswerable: int


class Journey(BaseModel, frozen=True):
    """All steps, where they were measured, and which code they describe.

    steps: on the miss path, with questions nobody asked before. mixed: what caches make of a workload in
    which some come again, other sides beside them.
    """

    steps: tuple[Step, ...]
    mixed: tuple[Step, ...] = ()
    machine: str
    code: str


@dataclass(frozen=True)
class Stop:
    """A step to be measured: what it costs in words, and whether it is a detour."""

    entry: Entry
    cost: str = ""
    detour: bool = False


def answers(stops: Sequence[Stop], cases: Sequence[Case]) -> Iterator[list[Timing]]:
    """For each case but the first WARM_UP, the timings of all stops, in their order.

    Raises FaultyStepError for the first request with a fault: a journey has no gaps.
    """
    with ExitStack() as stack:
        clients = [stack.enter_context(stop.entry.deployed()) for stop in stops]
        for number, case in enumerate(cases):
            found: dict[int, Timing] = {}
            for place in range(len(stops)):
                at = (number + place) % len(stops)
                found[at] = _timed(stops[at].entry, clients[at], case)
            if number >= WARM_UP:
                yield [found[at] for at in range(len(stops))]


def journey(steps: tuple[Step, ...], mixed: tuple[Step, ...] = (), code: str = "") -> Journey:
    """`steps` as measured on this machine, of the code with the hash `code`."""
    return Journey(steps=steps, mixed=mixed, machine=describe().sentence(), code=code)


def measured(
    stops: Sequence[Stop], cases: Sequence[Case], timings: Iterable[Sequence[Timing]]
) -> tuple[Step, ...]:
    """What `answers` gave, added up. cases: the same as there."""
    columns = list(zip(*timings, strict=True))
    first = [one.e2e_ms for one in columns[0]]
    return tuple(
        _step(stop, cases[WARM_UP:], column, first)
        for stop, column in zip(stops, columns, strict=True)
    )


def _timed(entry: Entry, client: Assistant, case: Case) -> Timing:
    entry.reset()
    timing = clocked(client, case.question)
    if isinstance(timing, Fault):
        raise FaultyStepError(f"The step `{entry.name}` went wrong. {timing.sentence}")
    return timing


def _step(
    stop: Stop, cases: Sequence[Case], timings: Sequence[Timing], first: Sequence[float]
) -> Step:
    own = [one.e2e_ms for one in timings]
    within = bootstrap_ratio(first, own)
    graded = summary((case, one.answer) for case, one in zip(cases, timings, strict=True))
    return Step(
        name=stop.entry.name,
        cost=stop.cost,
        detour=stop.detour,
        division=str(stop.entry.division),
        n=len(timings),
        e2e_ms=_times(own),
        ttft_ms=_times([one.ttft_ms for one in timings if one.ttft_ms is not None]),
        ratio=median_ratio(first, own),
        low=within.low,
        high=within.high,
        exact=graded.fact.successes,
        answerable=graded.fact.n,
        refused=graded.refusal.successes,
        unanswerable=graded.refusal.n,
    )


def _times(samples_ms: Sequence[float]) -> Times:
    found = latencies(samples_ms)
    return Times(p50=found.p50, p90=found.p90)
