"""Which mark a race earns."""

from dataclasses import dataclass, field, replace

import pytest

from grader.grading.paired_run import Race
from grader.grading.report import Outcome
from grader.grading.speed_gate import EntryError, judged, mark
from grader.thresholds import Bar
from harness.assistant import Answer
from harness.kb.questions import draw
from harness.measure.latency.compare import Comparison, Pair
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.sequential_test import judge
from harness.measure.latency.timing import Timing
from harness.serve.entry import Entry
from harness.serve.network import Network
from tests.fakes import Scripted

BAR = Bar(
    grade="q5",
    function="entry",
    bound=1.0,
    pairs=12,
    most=24,
    right=0.8,
    shortest=0.9,
    nearest_ms=5.0,
)
CASES = tuple(draw("test", 24, seed=9, history_turns=0))
BAR_ANSWER = Answer("Done.")
FAULT = Fault(FaultKind.RAISED, "It raised.")


@dataclass
class Times:
    """A race as it would have come out."""

    learner_ms: float
    text: object = field(default=lambda case: case.reference)
    n: int = 24

    def race(self, undisturbed_ms=500.0):
        pairs = tuple(
            Pair(
                case.question,
                Timing(1.0, self.learner_ms, Answer(self.text(case))),
                Timing(1.0, 500.0, BAR_ANSWER),
                True,
            )
            for case in CASES[: self.n]
        )
        comparison = Comparison(pairs)
        return Race(comparison, judge(comparison.ratios), CASES, undisturbed_ms)


def given(*races):
    return mark("q5", 20.0, list(races), BAR)


def test_fast_and_right_earns_everything():
    found = given(Times(300).race())
    assert (found.outcome, found.points) == (Outcome.PASSED, 20)
    assert found.reason.startswith("Faster")


def test_slow_earns_nothing():
    found = given(Times(700).race())
    assert (found.outcome, found.points) == (Outcome.FAILED, 0)
    assert found.reason.startswith("Slower")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lambda case: "It is covered for 24 months.", "Fast, but right in"),
        (lambda case: case.fact or "I do not know", "of the words they need"),
    ],
)
def test_fast_and_bad_earns_nothing(text, reason):
    found = given(Times(100, text).race())
    assert found.points == 0
    assert reason in found.reason


def test_one_wrong_answer_in_ten_is_not_held_against_anybody():
    wrong = {case.question.id for case in CASES[:3]}
    found = given(Times(300, lambda c: "No." if c.question.id in wrong else c.reference).race())
    assert found.points == 20


def test_undecided_costs_nothing_and_is_queued():
    found = given(Times(300, n=6).race(), Times(300, n=6).race())
    assert (found.outcome, found.points, found.queued) == (Outcome.UNDECIDED, None, True)
    assert "costs nothing" in found.reason


def broken(side):
    race = Times(300).race()
    pairs = (replace(race.comparison.pairs[0], **{side: FAULT}), *race.comparison.pairs[1:])
    comparison = Comparison(pairs)
    return replace(race, comparison=comparison, verdict=judge(comparison.ratios))


def test_a_fault_is_that_of_whose_it_is():
    assert given(broken("a")).points == 0
    assert given(broken("a")).reason == "It raised."
    ours = given(broken("b"))
    assert (ours.outcome, ours.points) == (Outcome.NOT_GRADED, None)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (42, "must return an Entry"),
        (Entry("x", Scripted(), Network(rtt_ms=0.0)), "no server is nearer than 5 ms"),
        (Entry("x", Scripted(), Network(rtt_ms=float("nan"))), "no server is nearer"),
    ],
)
def test_who_cannot_take_part_is_told_why(entry, said):
    with pytest.raises(EntryError, match=said):
        judged(None, entry, BAR, None, seed=1)
