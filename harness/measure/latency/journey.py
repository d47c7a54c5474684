"""The journey from slow to fast, measured step by step: every step answers every question, in turn.

All steps are measured in one run on one machine, so that a disturbance affects all steps of a question and
hardly changes the ratio to the first step. The step that answers first rotates from question to question.
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
from harness.measure.latency.timing import Timing, time_or_fault
from harness.measure.machine.describe import describe
from harness.measure.quality.quality import summary
from harness.measure.stats import bootstrap_ratio, latencies, median_ratio
from harness.serve.entry import Entry

WARM_UP = 1  # questions that every step answers before the measurement


class FaultyStepError(PlainError):
    """A fault of a step while it was measured."""


class Times(BaseModel, frozen=True):
    """Percentiles in ms; None if there are too few samples."""

    p50: float | None
    p90: float | None


class MeasuredStep(BaseModel, frozen=True):
    """One measured step.

    ratio: first step / this step, end-to-end p50; low, high: its 95 % interval. exact: right facts among the
    `answerable` questions. refused: refusals of the `unanswerable` ones. detour: the change was tried and not
    kept.
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
    """All steps, the machine they were measured on, and the code they describe.

    steps: measured on new questions only, so that no cache hits. mixed: entries with caches and some without,
    measured on a workload in which some questions are repeated.
    """

    steps: tuple[MeasuredStep, ...]
    mixed: tuple[MeasuredStep, ...] = ()
    machine: str
    code: str


@dataclass(frozen=True)
class JourneyStep:
    """A step to measure. cost: what it costs, in words. detour: whether it is tried and not kept."""

    entry: Entry
    cost: str = ""
    detour: bool = False


def interleaved_timings(
    steps: Sequence[JourneyStep], cases: Sequence[Case]
) -> Iterator[list[Timing]]:
    """Yield the timings of all steps, in their order, for each case except the first WARM_UP.

    Raises FaultyStepError for the first request with a fault: a journey has no gaps.
    """
    with ExitStack() as stack:
        clients = [stack.enter_context(step.entry.deployed()) for step in steps]
        for number, case in enumerate(cases):
            timings: dict[int, Timing] = {}
            for turn in range(len(steps)):
                index = (number + turn) % len(steps)
                timings[index] = _timed(steps[index].entry, clients[index], case)
            if number >= WARM_UP:
                yield [timings[index] for index in range(len(steps))]


def journey(
    steps: tuple[MeasuredStep, ...], mixed: tuple[MeasuredStep, ...] = (), code: str = ""
) -> Journey:
    """Return a journey of steps measured on this machine. code: hash of the code they describe."""
    return Journey(steps=steps, mixed=mixed, machine=describe().sentence(), code=code)


def measured_steps(
    steps: Sequence[JourneyStep], cases: Sequence[Case], timings: Iterable[Sequence[Timing]]
) -> tuple[MeasuredStep, ...]:
    """Return the steps with the timings that `interleaved_timings` yielded for them and `cases`."""
    columns = list(zip(*timings, strict=True))
    first = [timing.e2e_ms for timing in columns[0]]
    return tuple(
        _step(step, cases[WARM_UP:], column, first)
        for step, column in zip(steps, columns, strict=True)
    )


def _timed(entry: Entry, client: Assistant, case: Case) -> Timing:
    entry.reset()
    timing = time_or_fault(client, case.question)
    if isinstance(timing, Fault):
        raise FaultyStepError(f"The step `{entry.name}` went wrong. {timing.sentence}")
    return timing


def _step(
    step: JourneyStep, cases: Sequence[Case], timings: Sequence[Timing], first: Sequence[float]
) -> MeasuredStep:
    own_ms = [timing.e2e_ms for timing in timings]
    interval = bootstrap_ratio(first, own_ms)
    graded = summary((case, timing.answer) for case, timing in zip(cases, timings, strict=True))
    return MeasuredStep(
        name=step.entry.name,
        cost=step.cost,
        detour=step.detour,
        division=str(step.entry.division),
        n=len(timings),
        e2e_ms=_times(own_ms),
        ttft_ms=_times([t.ttft_ms for t in timings if t.ttft_ms is not None]),
        ratio=median_ratio(first, own_ms),
        low=interval.low,
        high=interval.high,
        exact=graded.fact.successes,
        answerable=graded.fact.n,
        refused=graded.refusal.successes,
        unanswerable=graded.refusal.n,
    )


def _times(samples_ms: Sequence[float]) -> Times:
    percentiles = latencies(samples_ms)
    return Times(p50=percentiles.p50, p90=percentiles.p90)
