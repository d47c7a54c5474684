import math

import numpy as np
import pytest

from harness.assistant import Answer, Done, Question, Token
from harness.errors import WrongUseError
from harness.kb.questions import Case
from harness.labs.architecture import routing_policies
from harness.labs.architecture.routing_policies import (
    Outcome,
    by_threshold,
    calibrated,
    confusion,
    gain,
    oracle,
    policy,
)

# score, then who is right: small, large
JUDGED = [
    Outcome(score, 10, 100, 400, small, large)
    for score, small, large in [(0.1, 1, 1), (0.2, 1, 0), (0.6, 0, 1), (0.7, 1, 1), (0.9, 0, 0)]
]


def case(number):
    return Case(
        Question(f"q{number}"), "7 hours", "c1", True, "It lasts 7 hours.", "k", "p", "r", ()
    )


class Saying:
    def __init__(self, text):
        self.text, self.asked = text, []

    def stream(self, question):
        self.asked.append(question.text)
        yield Token(self.text)
        yield Done(Answer(self.text, ("c1",)))


def test_both_are_asked_everything_and_judged_in_turns():
    order = []
    small, large = Saying("It lasts 5 hours."), Saying("It lasts 7 hours.")
    for name, one in (("small", small), ("large", large)):
        one.asked = type(
            "Noted", (list,), {"append": lambda self, _, name=name: order.append(name)}
        )()
    found = routing_policies.outcomes([case(0), case(1)], small, large, lambda q: float(q.text[1]))
    assert order == ["large", "small", "small", "large"]
    assert [one.score for one in found] == [0, 1]
    assert [(one.small_right, one.large_right) for one in found] == [(False, True)] * 2
    assert all(one.small_ms > 0 and one.score_ms >= 0 for one in found)


def test_an_assistant_that_fails_gives_no_number():
    class Broken:
        def stream(self, question):
            raise OSError("gone")

    with pytest.raises(WrongUseError, match="OSError: gone"):
        routing_policies.outcomes([case(0)], Saying("a"), Broken(), lambda q: 0.0)


def test_a_policy_pays_for_the_score_if_it_looked():
    small = policy("small", JUDGED, routing_policies.TO_SMALL, scored=False)
    assert (small.to_small, small.mean_ms, small.right.successes) == (1, 100, 3)
    router = policy("router", JUDGED, by_threshold(0.2))
    assert router.to_small == pytest.approx(0.4)
    assert router.mean_ms == pytest.approx((2 * 100 + 3 * 400) / 5 + 10)
    assert router.right.successes == 4
    assert router.cost_ms(1000) == pytest.approx(router.mean_ms + 200)


def test_no_router_beats_the_oracle():
    best = policy("oracle", JUDGED, oracle, scored=False)
    assert best.right.successes == 4 and best.to_small == pytest.approx(0.8)
    for limit in routing_policies.thresholds(JUDGED):
        assert policy("any", JUDGED, by_threshold(limit)).cost_ms(500) >= best.cost_ms(500)


def test_the_thresholds_are_nobody_and_every_score():
    assert list(routing_policies.thresholds(JUDGED)) == [-math.inf, 0.1, 0.2, 0.6, 0.7, 0.9]


def test_every_question_is_in_one_cell_of_the_confusion():
    for limit in routing_policies.thresholds(JUDGED):
        went = confusion(JUDGED, by_threshold(limit))
        cells = (went.saved, went.harmed, went.wasted, went.needed, went.hopeless)
        assert sum(cells) == len(JUDGED)
    went = confusion(JUDGED, by_threshold(0.6))
    assert (went.saved, went.harmed, went.wasted, went.needed, went.hopeless) == (2, 1, 1, 0, 1)


def test_a_calibrated_chance_never_rises_with_difficulty_and_keeps_its_word():
    rng = np.random.default_rng(3)
    scores = rng.random(4000)
    chance = calibrated(scores, rng.random(4000) < 1 - scores)
    promised = [chance(score) for score in np.linspace(0, 1, 50)]
    assert promised == sorted(promised, reverse=True)
    assert chance(0.3) == pytest.approx(0.7, abs=0.08)
    assert chance(-9) >= chance(9)
    with pytest.raises(WrongUseError, match="an outcome for each score"):
        calibrated([], [])


@pytest.mark.parametrize(
    ("goes", "questions", "word"),
    [
        (oracle, 60, "saves"),
        (oracle, 5, "no clear gain"),
        (lambda one: one.score > 0.15, 60, "loses"),
    ],
)
def test_a_gain_is_one_only_when_its_interval_says_so(goes, questions, word):
    found = gain(JUDGED * (questions // len(JUDGED)), goes, price_ms=3000)
    assert found.interval.low <= found.mean_ms <= found.interval.high
    assert found.sentence().startswith(word), found.sentence()


def test_a_router_pays_for_its_own_work():
    found = gain(JUDGED, routing_policies.TO_SMALL, price_ms=0)
    assert (found.than, found.mean_ms) == ("always small", -10)
