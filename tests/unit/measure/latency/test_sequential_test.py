import json
import math

import numpy as np
import pytest

from harness.assistant import Question, Token
from harness.errors import PlainError
from harness.measure.latency.compare import blocks
from harness.measure.latency.sequential_test import MOST, RULE, Rule, State, _needed, decide, judge
from tests.clock import FakeClock, taking
from tests.fakes import Scripted


@pytest.mark.parametrize(
    ("ratio", "state"), [(0.7, State.FASTER), (1.4, State.SLOWER), (1.0, State.UNDECIDED)]
)
def test_three_verdicts(ratio, state):
    found = judge([ratio] * MOST)
    assert found.state is state
    assert found.settled
    assert found.pairs == (MOST if state is State.UNDECIDED else 12)
    assert found.ratio == pytest.approx(ratio)


def test_the_bound_need_not_be_one():
    assert judge([0.9] * 12, Rule(bound=0.8)).state is State.SLOWER
    assert judge([0.7] * 12, Rule(bound=0.8)).state is State.FASTER


def test_one_of_twelve_may_disagree_and_two_may_not():
    assert judge([0.7] * 11 + [5.0]).state is State.FASTER
    two = judge([0.7] * 10 + [5.0] * 2)
    assert two.state is State.UNDECIDED and not two.settled


def test_it_decides_only_at_looks_and_keeps_its_verdict():
    assert judge([0.5] * 11).pairs == 11
    assert judge([0.5] * 11).state is State.UNDECIDED
    assert judge([2.0] * 2 + [0.5] * 21).pairs == 12  # the next look is at 24
    assert judge([0.5] * 12 + [2.0] * 48).state is State.FASTER


def test_a_p90_needs_nine_in_ten():
    p90 = Rule(q=90)
    assert judge([0.5] * 36, p90).state is State.UNDECIDED  # too few to know
    assert judge([0.5] * 48, p90).state is State.FASTER
    assert judge([0.5] * 48, p90).ratio == 0.5
    assert judge([0.5, 0.5, 2.0] * 20, p90).state is State.SLOWER
    assert judge([0.5, 0.5, 2.0] * 20).state is State.UNDECIDED


def test_the_sentence_says_what_was_seen_and_what_to_do():
    none = judge([]).sentence()
    assert none.startswith("Undecided: 0 pairs") and "12" in none
    faster = judge([0.5] * 12).sentence()
    assert faster.startswith("Faster: p50") and "0.5 to 0.5 (n=12 pairs), under" in faster
    assert "over the bound of 1" in judge([2.0] * 12).sentence()
    assert "measure more" in judge([0.5, 2.0] * 6).sentence()
    assert "quieter machine" in judge([0.5, 2.0] * 30).sentence()


def test_its_json_has_plain_types():
    found = json.loads(json.dumps(judge([0.5] * 12).to_json()))
    assert found["verdict"] == "faster" and found["pairs"] == 12
    assert found["ratio"] == {"p": 50, "value": 0.5, "low": 0.5, "high": 0.5}
    nothing = json.loads(json.dumps(judge([]).to_json()))["ratio"]
    assert (nothing["value"], nothing["high"]) == (None, None)


@pytest.mark.parametrize(
    "wrong", [{"bound": 0}, {"q": 100}, {"most": 11}, {"error": 0}, {"bound": math.nan}]
)
def test_a_rule_that_cannot_decide_is_refused(wrong):
    with pytest.raises(PlainError, match="cannot be decided"):
        Rule(**wrong)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_an_invalid_ratio_is_an_error(wrong):
    with pytest.raises(PlainError, match="positive"):
        judge([wrong])


def test_the_looks_share_one_error():
    tosses = np.random.default_rng(1).random((40_000, MOST)) < 0.5  # the bound is the median
    looks = np.array(RULE.looks)
    counts = tosses.cumsum(axis=1)[:, looks - 1]
    wrong = (counts >= _needed(RULE.looks, RULE.error, 0.5)).any(axis=1).mean()
    assert 0.008 < wrong < 0.0115  # nearly all of the 1 % is spent, and no more


def a_over_b(rng, ratio, regime, pairs=MOST):
    """Pairs measured in the order A B B A with heavy tails, and bursts that come and go between requests.

    A burst slows every request inside it by its own factor; it often covers one member of a pair only.
    """
    spread, switching, worst = {"quiet": (0.05, 0.02, 1.2), "bursts": (0.08, 0.15, 3.0)}[regime]
    n = 2 * pairs
    burst = (np.cumsum(rng.random(n) < switching) + rng.integers(2)) % 2 == 1
    slow = np.where(burst, rng.uniform(1.0, worst, n), 1.0)
    tail = np.where(rng.random(n) < 0.05, 1 + rng.pareto(1.5, n), 1.0)  # has no variance
    times = (rng.lognormal(0, spread, n) * slow * tail).reshape(-1, 4)
    a, b = times[:, [0, 3]].ravel(), times[:, [1, 2]].ravel()
    return (ratio * a / b).tolist()


@pytest.mark.parametrize(("regime", "undecided"), [("quiet", 0.02), ("bursts", 0.15)])
@pytest.mark.parametrize(
    ("ratio", "right"), [(0.8, State.FASTER), (1.2, State.SLOWER)], ids=["0.8", "1.2"]
)
def test_wrong_in_at_most_one_of_a_hundred(regime, undecided, ratio, right):
    rng = np.random.default_rng(7)
    states = [judge(a_over_b(rng, ratio, regime)).state for _ in range(400)]
    wrong = {State.FASTER, State.SLOWER} - {right}
    assert sum(state in wrong for state in states) <= 0.01 * len(states)
    assert states.count(State.UNDECIDED) <= undecided * len(states)


def questions(n=MOST):
    return [Question(f"{number}?") for number in range(n)]


@pytest.mark.parametrize(("a_ms", "pairs"), [(50, 12), (100, MOST)])
def test_it_measures_no_more_than_it_needs(a_ms, pairs):
    clock = FakeClock()
    run = blocks(taking(clock, a_ms), taking(clock, 100), questions(), clock=clock)
    comparison, verdict = decide(run)
    assert len(comparison.pairs) == pairs == verdict.pairs


def test_it_ends_at_a_fault_and_with_the_questions():
    clock = FakeClock()
    broken = Scripted(Token("half"))
    comparison, verdict = decide(blocks(broken, taking(clock, 100), questions(), clock=clock))
    assert len(comparison.pairs) == 2 and not comparison.clean
    assert (verdict.state, verdict.pairs) == (State.UNDECIDED, 0)
    few = decide(blocks(taking(clock, 50), taking(clock, 100), questions(4), clock=clock))[1]
    assert (few.pairs, few.settled) == (4, False)
