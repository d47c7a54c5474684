"""The mark that a paired run earns."""

from dataclasses import dataclass, field, replace

import pytest

from grader.grading.paired_run import PairedRun
from grader.grading.report import Outcome
from grader.grading.speed_gate import EntryError, paired_runs
from grader.grading.speed_mark import speed_mark
from harness.assistant import Answer
from harness.kb.questions import draw
from harness.measure.latency.compare import Comparison, Pair
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.sequential_test import State, judge
from harness.measure.latency.timing import Timing
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from tests.fakes import Scripted
from tests.small_lab import BAR

CASES = tuple(draw("test", 24, seed=9, history_turns=0))
BAR_ANSWER = Answer("Done.")
FAULT = Fault(FaultKind.RAISED, "It raised.")


@dataclass
class Times:
    """A paired run with constant times."""

    learner_ms: float
    text: object = field(default=lambda case: case.reference)
    n: int = 24

    def run(self, undisturbed_ms=500.0):
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
        return PairedRun(comparison, judge(comparison.ratios), CASES, undisturbed_ms)


def given(*races):
    return speed_mark("q5", 20.0, list(races), BAR)


def test_fast_and_right_earns_everything():
    found = given(Times(300).run())
    assert (found.outcome, found.points) == (Outcome.PASSED, 20)
    assert found.reason.startswith("Faster")


@pytest.mark.parametrize(
    ("n", "late", "outcome"),
    [
        (24, True, Outcome.PASSED),
        (8, True, Outcome.UNDECIDED),
        (8, False, Outcome.PASSED),
    ],
)
def test_a_pass_needs_its_pairs_also_when_time_is_up(n, late, outcome):
    run = Times(300, n=n).run()
    faster = replace(run.verdict, state=State.FASTER)
    found = given(replace(run, verdict=faster, late=late))
    assert found.outcome is outcome
    assert (found.points, found.queued) == (
        (20, False) if outcome is Outcome.PASSED else (None, True)
    )


def test_slow_earns_nothing():
    found = given(Times(700).run())
    assert (found.outcome, found.points) == (Outcome.FAILED, 0)
    assert found.reason.startswith("Slower")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lambda case: "It is covered for 24 months.", "Fast, but right in"),
        (lambda case: case.fact or "I do not know", "of the reference's words"),
    ],
)
def test_fast_and_bad_earns_nothing(text, reason):
    found = given(Times(100, text).run())
    assert found.points == 0
    assert reason in found.reason


def test_one_wrong_answer_in_ten_still_passes():
    wrong = {case.question.id for case in CASES[:3]}
    found = given(Times(300, lambda c: "No." if c.question.id in wrong else c.reference).run())
    assert found.points == 20


def test_undecided_costs_no_points_and_is_queued():
    found = given(Times(300, n=6).run(), Times(300, n=6).run())
    assert (found.outcome, found.points, found.queued) == (Outcome.UNDECIDED, None, True)
    assert "costs no points" in found.reason


@pytest.mark.parametrize(
    ("mine", "division", "points"),
    [
        ([0.26] * 24, Division.CLOSED, 20),
        ([0.02] * 2 + [0.26] * 22, Division.CLOSED, 20),
        ([0.02] * 3 + [0.26] * 21, Division.CLOSED, 0),
        ([0.26] * 24, Division.NO_MODEL, 0),
    ],
)
def test_answers_without_a_language_model_are_in_a_division_of_their_own(mine, division, points):
    run = replace(Times(100).run(), work_s=(mine, [1.0] * 24), division=division)
    found = given(run)
    assert (found.points, "without a language model" in found.reason) == (points, not points)


def test_cpu_time_says_nothing_where_a_gpu_may_compute(monkeypatch):
    monkeypatch.setattr("grader.grading.speed_mark.gpu_layers", lambda: -1)
    run = replace(Times(100).run(), work_s=([0.01] * 24, [1.0] * 24), division=Division.CLOSED)
    assert given(run).points > 0


def broken(side):
    run = Times(300).run()
    pairs = (replace(run.comparison.pairs[0], **{side: FAULT}), *run.comparison.pairs[1:])
    comparison = Comparison(pairs)
    return replace(run, comparison=comparison, verdict=judge(comparison.ratios))


def test_a_fault_counts_against_the_side_that_caused_it():
    assert given(broken("a")).points == 0
    assert given(broken("a")).reason == "It raised."
    ours = given(broken("b"))
    assert (ours.outcome, ours.points) == (Outcome.NOT_GRADED, None)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (42, "Entry"),
        (Entry("x", Scripted(), Network(rtt_ms=0.0)), "at least 5 ms"),
        (Entry("x", Scripted(), Network(rtt_ms=float("nan"))), "at least 5 ms"),
    ],
)
def test_an_entry_that_cannot_be_timed_raises(entry, message):
    with pytest.raises(EntryError, match=message):
        paired_runs(None, entry, BAR, None, seed=1)
