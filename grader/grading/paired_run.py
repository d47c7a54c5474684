"""Timing of a learner's entry and the yardstick in interleaved pairs; while one runs, the other is stopped.

The clock, the questions, their order and the network belong to the grader. Quality is judged on the very
answers that were timed. Neither side can compute during the pauses, because it is stopped; one that does not
stop, or has used CPU time in a pause, has a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from statistics import median
from typing import Protocol

from grader.thresholds import Bar
from harness.assistant import Assistant, Event, Question
from harness.errors import PlainError
from harness.kb.questions import Case
from harness.measure.latency.compare import Comparison, blocks
from harness.measure.latency.faults import Fault, fault_in
from harness.measure.latency.sequential_test import Rule, State, Verdict, judge
from harness.measure.latency.timing import CLOCK, NS_PER_S, Clock, time_or_fault
from harness.measure.quality.quality import Quality, summary
from harness.serve.entry import Division

WARM_UP = 2  # questions that both sides answer before timing starts
SOLO = 5  # questions for the yardstick on its own: the fewest that have a meaningful median
# A clear failure costs 20 s instead of a minute: stop after two blocks in which every pair is 3 times over
# the bound. A machine's bad moments do that to one pair, seldom to two, and not to four in a row.
HOPELESS_PAIRS, HOPELESS_RATIO = 4, 3.0
# Limit for the yardstick's median during the run over its median alone. Stopped processes cost it nothing,
# and a busy machine slows both sides. Above 1.5, somebody interferes or the measurement is worthless.
DISTURBED = 1.5
# Limits for one request and for the whole run, in multiples of the yardstick's time: 10 s and 4 minutes if
# that is 500 ms. The slow baseline's 3.2 s are 6.4 times; 60 pairs with the learner at twice the yardstick
# are 180.
MAX_REQUEST, MAX_RUN = 20.0, 480.0
MIN_LIMIT_S = 10.0  # for a request, so that a yardstick of milliseconds leaves time for HTTP


class Stoppable(Protocol):
    """Processes that can be stopped and continued. `freeze` raises PlainError if they go on working."""

    def cpu_s(self) -> float: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


@dataclass(slots=True)
class Work:
    """The CPU time in seconds of each answer so far, read whenever the processes have been stopped."""

    answers_s: list[float] = field(default_factory=list)
    answering: bool = False
    at_rest_s: float = 0.0

    def stopped(self, cpu_s: float) -> None:
        """Take note of the processes' CPU time, now that they are stopped."""
        if self.answering:
            self.answers_s.append(cpu_s - self.at_rest_s)
        self.answering, self.at_rest_s = False, cpu_s


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the run: its assistant, its processes, and what clears its caches outside the clock."""

    assistant: Assistant
    processes: Stoppable
    forget: Callable[[], object] | None = None
    errors: list[Exception] = field(default_factory=list)
    work: Work = field(default_factory=Work)

    def stream(self, question: Question) -> Iterator[Event]:
        """Continue the processes and yield the assistant's events.

        The processes run until the next `prepare`. Raises the error of an earlier `forget`.
        """
        if self.errors:
            raise self.errors[0]
        self.work.answering = True
        self.processes.thaw()
        yield from self.assistant.stream(question)

    def stop(self) -> None:
        """Stop the processes. An error, such as work in a pause, is raised by the next `stream`."""
        try:
            self.processes.freeze()
            self.work.stopped(self.processes.cpu_s())
        except PlainError as error:
            self.errors.append(error)

    def prepare(self) -> None:
        """Clear the caches and stop the processes. An error is raised by the next `stream`."""
        if self.forget is not None:
            self.processes.thaw()
            try:
                self.forget()
            except Exception as error:  # the caller must not see it; the next request reports it
                self.errors.append(error)
        self.stop()

    @property
    def fault(self) -> Fault | None:
        """Return the fault that the next request would have, or None."""
        return fault_in((), self.errors[0]) if self.errors else None


@dataclass(frozen=True, slots=True)
class PairedRun:
    """The result of a run.

    verdict: on the ratio learner / yardstick. undisturbed_ms: the yardstick's end-to-end p50 when it runs
    alone. late: True if the run as a whole took too long and was stopped. at_end: faults of (learner,
    yardstick) that were found after the last request. work_s: CPU seconds of each timed answer of (learner,
    yardstick). division: of the learner's entry.
    """

    comparison: Comparison
    verdict: Verdict
    cases: tuple[Case, ...]
    undisturbed_ms: float
    late: bool = False
    at_end: tuple[Fault | None, Fault | None] = (None, None)
    work_s: tuple[Sequence[float], Sequence[float]] = ((), ())
    division: Division = Division.CLOSED

    @property
    def final(self) -> bool:
        """Return True if a second run would end in the same way."""
        return self.late or not self.comparison.clean or any(self.at_end)

    @property
    def fault(self) -> Fault | None:
        """Return the learner's first fault."""
        return next(iter(self.comparison.faults["a"]), self.at_end[0])

    @property
    def yardstick_fault(self) -> Fault | None:
        """Return the yardstick's first fault, which costs the learner no points."""
        return next(iter(self.comparison.faults["b"]), self.at_end[1])

    @property
    def disturbed(self) -> float:
        """Return the yardstick's p50 in this run over its p50 alone; 1.0 if either is missing."""
        times = self.comparison.samples("b", "e2e_ms")
        return median(times) / self.undisturbed_ms if times and self.undisturbed_ms else 1.0

    def idle_answers(self, share: float) -> int:
        """Return how many answers took less than `share` of the yardstick's median CPU time."""
        mine, bar = self.work_s
        return sum(s < share * median(bar) for s in mine) if bar else 0

    @property
    def quality(self) -> Quality | None:
        """Return the quality of the learner's timed answers; None after a fault or without pairs."""
        if not self.comparison.clean or not self.comparison.pairs:
            return None
        return _quality(self.cases, self.comparison)


def solo_p50_ms(side: Side, questions: Sequence[Question], clock: Clock = CLOCK) -> float:
    """Return one side's end-to-end p50 in ms with no other side running; 0.0 if a request failed.

    The last SOLO questions count, the ones before them are warm-up. Afterwards the processes are stopped.
    """
    side.prepare()
    outcomes = [time_or_fault(side, question, clock=clock) for question in questions]
    side.stop()
    if side.fault or any(isinstance(outcome, Fault) for outcome in outcomes):
        return 0.0
    return median(timing.e2e_ms for timing in outcomes[-SOLO:])


def paired_run(
    learner: Side,
    yardstick: Side,
    cases: Sequence[Case],
    *,
    bar: Bar,
    undisturbed_ms: float,
    clock: Clock = CLOCK,
) -> PairedRun:
    """Time both sides until the verdicts on speed and on quality are certain or the cases are used up.

    A pass also needs at least `bar.pairs` pairs. The first WARM_UP cases are not timed, and each case is
    asked once. Afterwards both sides are stopped. A faster learner beside a disturbed yardstick is undecided.
    """
    questions = [case.question for case in cases]
    deadline_s = max(MIN_LIMIT_S, MAX_REQUEST * undisturbed_ms / 1e3)
    comparisons = blocks(
        learner,
        yardstick,
        questions[WARM_UP:],
        warm_up=questions[:WARM_UP],
        reset=partial(_prepare, learner, yardstick),
        deadline_s=deadline_s,
        clock=clock,
    )
    ends_ns = clock.now_ns() + round(MAX_RUN / MAX_REQUEST * deadline_s * NS_PER_S)
    in_time = takewhile(lambda _: clock.now_ns() < ends_ns, comparisons)
    used = tuple(cases[WARM_UP:])
    comparison, verdict = _decide(in_time, used, bar)
    _stop(learner, yardstick)
    late = clock.now_ns() >= ends_ns
    at_end = (learner.fault, yardstick.fault)
    work_s = learner.work.answers_s[WARM_UP:], yardstick.work.answers_s[WARM_UP:]
    return _doubt(PairedRun(comparison, verdict, used, undisturbed_ms, late, at_end, work_s))


def _stop(*sides: Side) -> None:
    for side in sides:
        side.stop()


def _prepare(*sides: Side) -> None:
    _stop(*sides)  # all of them, before any may clear its caches
    for side in sides:
        side.prepare()


def _decide(
    comparisons: Iterable[Comparison], cases: Sequence[Case], bar: Bar
) -> tuple[Comparison, Verdict]:
    rule = Rule(bound=bar.bound, most=bar.most)
    comparison, verdict = Comparison(), judge((), rule)
    for comparison in comparisons:
        verdict = judge(comparison.ratios, rule)
        if _hopeless(comparison.ratios, rule.bound):
            return comparison, replace(verdict, state=State.SLOWER)
        if not comparison.clean or (verdict.settled and _enough(verdict, comparison, cases, bar)):
            break
    return comparison, verdict


def _enough(verdict: Verdict, comparison: Comparison, cases: Sequence[Case], bar: Bar) -> bool:
    """Return True if the answers suffice for the quality, too; who is not faster needs none."""
    if verdict.state is not State.FASTER:
        return True
    right = _quality(cases, comparison).right
    return right.n >= bar.pairs and bar.right.verdict(right.successes, right.n) is not None


def _quality(cases: Sequence[Case], comparison: Comparison) -> Quality:
    pairs = zip(cases, comparison.pairs)  # noqa: B905 (a run may end before the cases do)
    return summary((case, pair.a.answer) for case, pair in pairs)


def _hopeless(ratios: Sequence[float], bound: float) -> bool:
    return len(ratios) == HOPELESS_PAIRS and min(ratios) >= HOPELESS_RATIO * bound


def _doubt(run: PairedRun) -> PairedRun:
    """Turn a pass beside a disturbed yardstick into undecided.

    A failure stands: a slower yardstick only makes it easier to be faster.
    """
    if run.disturbed <= DISTURBED or run.verdict.state is not State.FASTER:
        return run
    return replace(run, verdict=replace(run.verdict, state=State.UNDECIDED))
