"""A learner's entry against the yardstick, in turns: while one runs, all processes of the other stand still.

The clock, the questions, their order and the network are ours. Quality is that of the very answers that
were timed. What one side does in the pauses it does in no time at all, for it is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from statistics import median
from typing import Protocol

from harness.assistant import Assistant, Event, Question
from harness.kb.questions import Case
from harness.measure.latency.compare import Comparison, blocks
from harness.measure.latency.faults import Fault
from harness.measure.latency.sequential_test import Rule, State, Verdict, judge
from harness.measure.latency.timing import CLOCK, NS_PER_S, Clock, clocked
from harness.measure.quality.quality import Quality, summary

WARM_UP = 2  # questions that both answer off the clock
ALONE = 5  # of the yardstick before anybody else is there: the fewest that have a median
# A clear failure costs twenty seconds, not a minute: two blocks in which every pair is three times over.
# A machine's bad moments do that to one pair, seldom to two, and not to four in a row.
HOPELESS_PAIRS, HOPELESS = 4, 3.0
# The yardstick's median during the race over that before it. Frozen neighbours cost it nothing; a busy
# machine costs both the same. More than half as much again is somebody's doing, or nobody's measurement.
DISTURBED = 1.5
# Of one request, and of a whole race, in times of the yardstick: 10 s and four minutes where it is 500 ms.
# The slow baseline's 3.2 s are 6.4 times; sixty pairs of twice the limit are 180.
REQUEST, WHOLE = 20.0, 480.0
LEAST_S = 10.0  # for a request, so that a yardstick of milliseconds leaves time for HTTP


class Stoppable(Protocol):
    """Processes that can be made to stand still."""

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Lane:
    """One side: how it is asked, what stops it, and what makes it forget (off the clock)."""

    assistant: Assistant
    processes: Stoppable
    forget: Callable[[], object] | None = None
    errors: list[Exception] = field(default_factory=list)

    def stream(self, question: Question) -> Iterator[Event]:
        """Its events; it runs from now on, until it is prepared again. Raises what forgetting raised."""
        if self.errors:
            raise self.errors[0]
        self.processes.thaw()
        yield from self.assistant.stream(question)

    def prepare(self) -> None:
        """Stop it, with all forgotten."""
        if self.forget is not None:
            self.processes.thaw()
            try:
                self.forget()
            except (
                Exception
            ) as error:  # off the clock there is nobody to tell; the next request does
                self.errors.append(error)
        self.processes.freeze()


@dataclass(frozen=True, slots=True)
class Race:
    """What came out. `verdict` is on learner / yardstick; `undisturbed_ms` is the yardstick's p50 alone.

    late: it was ended because it took too long as a whole.
    """

    comparison: Comparison
    verdict: Verdict
    cases: tuple[Case, ...]
    undisturbed_ms: float
    late: bool = False

    @property
    def over(self) -> bool:
        """True when another race would end like this one."""
        return self.late or not self.comparison.clean

    @property
    def fault(self) -> Fault | None:
        """The first thing that went wrong on the learner's side."""
        return next(iter(self.comparison.faults["a"]), None)

    @property
    def our_fault(self) -> Fault | None:
        """The first thing that went wrong with the yardstick: nobody's grade."""
        return next(iter(self.comparison.faults["b"]), None)

    @property
    def disturbed(self) -> float:
        """The yardstick's p50 in the race over that alone; 1 when there is nothing to compare."""
        times = self.comparison.samples("b", "e2e_ms")
        return median(times) / self.undisturbed_ms if times and self.undisturbed_ms else 1.0

    @property
    def quality(self) -> Quality | None:
        """Of the learner's timed answers."""
        if not self.comparison.clean or not self.comparison.pairs:
            return None
        return summary((c, p.a.answer) for c, p in zip(self.cases, self.comparison.pairs))  # noqa: B905


def alone(lane: Lane, questions: Sequence[Question], clock: Clock = CLOCK) -> float:
    """End-to-end p50 in ms of one side with nobody else there; 0 when a request failed."""
    lane.prepare()
    outcomes = [clocked(lane, question, clock=clock) for question in questions]
    lane.processes.freeze()
    if any(isinstance(one, Fault) for one in outcomes):
        return 0.0
    return median(one.e2e_ms for one in outcomes[-ALONE:])


def race(
    learner: Lane,
    yardstick: Lane,
    cases: Sequence[Case],
    *,
    rule: Rule,
    pairs: int,
    undisturbed_ms: float,
    clock: Clock = CLOCK,
) -> Race:
    """Run until a failure is sure, or a pass is and `pairs` are there, or there are no more cases.

    cases: WARM_UP of them first, each asked once. Afterwards both sides stand still.
    """
    questions = [case.question for case in cases]
    deadline_s = max(LEAST_S, REQUEST * undisturbed_ms / 1e3)

    def reset() -> None:
        for lane in (learner, yardstick):  # both stand still before either of them may do anything
            lane.processes.freeze()
        learner.prepare()
        yardstick.prepare()

    so_far = blocks(
        learner,
        yardstick,
        questions[WARM_UP:],
        warm_up=questions[:WARM_UP],
        reset=reset,
        deadline_s=deadline_s,
        clock=clock,
    )
    ends_ns = clock.now_ns() + round(WHOLE / REQUEST * deadline_s * NS_PER_S)
    in_time = takewhile(lambda _: clock.now_ns() < ends_ns, so_far)
    comparison, verdict = _decided(in_time, rule, pairs)
    for lane in (learner, yardstick):
        lane.processes.freeze()
    late = clock.now_ns() >= ends_ns
    found = Race(comparison, verdict, tuple(cases[WARM_UP:]), undisturbed_ms, late)
    return _doubted(found) if found.disturbed > DISTURBED else found


def _decided(
    comparisons: Iterable[Comparison], rule: Rule, pairs: int
) -> tuple[Comparison, Verdict]:
    comparison, verdict = Comparison(), judge((), rule)
    for comparison in comparisons:
        verdict = judge(comparison.ratios, rule)
        if _hopeless(comparison.ratios, rule.bound):
            return comparison, replace(verdict, state=State.SLOWER)
        enough = verdict.state is State.SLOWER or len(comparison.pairs) >= pairs
        if not comparison.clean or (verdict.settled and enough):
            break
    return comparison, verdict


def _hopeless(ratios: Sequence[float], bound: float) -> bool:
    return len(ratios) == HOPELESS_PAIRS and min(ratios) >= HOPELESS * bound


def _doubted(found: Race) -> Race:
    """No pass beside a yardstick that was slowed down. A failure stands: that only made it easier."""
    if found.verdict.state is not State.FASTER:
        return found
    return replace(found, verdict=replace(found.verdict, state=State.UNDECIDED))
