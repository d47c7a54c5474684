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
from harness.measure.latency.timing import Timing, clocked
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


class Step(BaseModel, frozen=True):
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

    steps: on the miss path, with new questions only. mixed: the effect of caches on a workload in which some
    questions are repeated, beside other entries.
    """

    steps: tuple[Step, ...]
    mixed: tuple[Step, ...] = ()
    machine: str
    code: str


@dataclass(frozen=True)
class Stop:
    """A step to measure. cost: what it costs, in words. detour: whether it is tried and not kept."""

    entry: Entry
    cost: str = ""
    detour: bool = False


def answers(stops: Sequence[Stop], cases: Sequence[Case]) -> Iterator[list[Timing]]:
    """Yield the timings of all stops, in their order, for each case except the first WARM_UP.

    Raises FaultyStepError for the first request with a fault: a journey has no gaps.
    """
    with ExitStack() as stack:
        clients = [stack.enter_context(stop.entry.deployed()) for stop in stops]
        for number, case in enumerate(cases):
            timings: dict[int, Timing] = {}
            for turn in range(len(stops)):
                index = (number + turn) % len(stops)
                timings[index] = _timed(stops[index].entry, clients[index], case)
            if number >= WARM_UP:
                yield [timings[index] for index in range(len(stops))]


def journey(steps: tuple[Step, ...], mixed: tuple[Step, ...] = (), code: str = "") -> Journey:
    """Return a journey of steps measured on this machine. code: hash of the code they describe."""
    return Journey(steps=steps, mixed=mixed, machine=describe().sentence(), code=code)


def measured(
    stops: Sequence[Stop], cases: Sequence[Case], timings: Iterable[Sequence[Timing]]
) -> tuple[Step, ...]:
    """Return the steps computed from the timings that `answers` yielded for the same stops and cases."""
    columns = list(zip(*timings, strict=True))
    first = [timing.e2e_ms for timing in columns[0]]
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
    own = [timing.e2e_ms for timing in timings]
    interval = bootstrap_ratio(first, own)
    graded = summary((case, timing.answer) for case, timing in zip(cases, timings, strict=True))
    return Step(
        name=stop.entry.name,
        cost=stop.cost,
        detour=stop.detour,
        division=str(stop.entry.division),
        n=len(timings),
        e2e_ms=_times(own),
        ttft_ms=_times([t.ttft_ms for t in timings if t.ttft_ms is not None]),
        ratio=median_ratio(first, own),
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
