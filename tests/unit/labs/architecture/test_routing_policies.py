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


def test_both_answer_every_question_and_alternate():
    order = []
    small, large = Saying("It lasts 5 hours."), Saying("It lasts 7 hours.")
    for name, assistant in (("small", small), ("large", large)):
        assistant.asked = type(
            "Log", (list,), {"append": lambda self, _, name=name: order.append(name)}
        )()
    results = routing_policies.outcomes(
        [case(0), case(1)], small, large, lambda q: float(q.text[1])
    )
    assert order == ["large", "small", "small", "large"]
    assert [outcome.score for outcome in results] == [0, 1]
    assert [(outcome.small_right, outcome.large_right) for outcome in results] == [
        (False, True)
    ] * 2
    assert all(outcome.small_ms > 0 and outcome.score_ms >= 0 for outcome in results)


def test_a_failing_assistant_is_an_error():
    class Broken:
        def stream(self, question):
            raise OSError("gone")

    with pytest.raises(WrongUseError, match="OSError: gone"):
        routing_policies.outcomes([case(0)], Saying("a"), Broken(), lambda q: 0.0)


def test_a_policy_pays_for_the_score_if_it_uses_it():
    small = policy("small", JUDGED, routing_policies.TO_SMALL, scored=False)
    assert (small.share_to_small, small.mean_ms, small.right.successes) == (1, 100, 3)
    router = policy("router", JUDGED, by_threshold(0.2))
    assert router.share_to_small == pytest.approx(0.4)
    assert router.mean_ms == pytest.approx((2 * 100 + 3 * 400) / 5 + 10)
    assert router.right.successes == 4
    assert router.cost_ms(1000) == pytest.approx(router.mean_ms + 200)


def test_no_router_beats_the_oracle():
    best = policy("oracle", JUDGED, oracle, scored=False)
    assert best.right.successes == 4 and best.share_to_small == pytest.approx(0.8)
    for limit in routing_policies.thresholds(JUDGED):
        assert policy("any", JUDGED, by_threshold(limit)).cost_ms(500) >= best.cost_ms(500)


def test_the_thresholds_are_minus_infinity_and_every_score():
    assert list(routing_policies.thresholds(JUDGED)) == [-math.inf, 0.1, 0.2, 0.6, 0.7, 0.9]


def test_every_question_is_in_one_cell_of_the_confusion():
    for limit in routing_policies.thresholds(JUDGED):
        counts = confusion(JUDGED, by_threshold(limit))
        cells = (counts.saved, counts.harmed, counts.wasted, counts.needed, counts.hopeless)
        assert sum(cells) == len(JUDGED)
    counts = confusion(JUDGED, by_threshold(0.6))
    assert (counts.saved, counts.harmed, counts.wasted, counts.needed, counts.hopeless) == (
        2,
        1,
        1,
        0,
        1,
    )


def test_a_calibrated_probability_never_rises_with_difficulty_and_fits_the_data():
    rng = np.random.default_rng(3)
    scores = rng.random(4000)
    probability = calibrated(scores, rng.random(4000) < 1 - scores)
    predicted = [probability(score) for score in np.linspace(0, 1, 50)]
    assert predicted == sorted(predicted, reverse=True)
    assert probability(0.3) == pytest.approx(0.7, abs=0.08)
    assert probability(-9) >= probability(9)
    with pytest.raises(WrongUseError, match="at least one"):
        calibrated([], [])


@pytest.mark.parametrize(
    ("route", "questions", "word"),
    [
        (oracle, 60, "saves"),
        (oracle, 5, "no clear gain"),
        (lambda outcome: outcome.score > 0.15, 60, "loses"),
    ],
)
def test_the_sentence_of_a_gain_follows_from_its_interval(route, questions, word):
    result = gain(JUDGED * (questions // len(JUDGED)), route, price_ms=3000)
    assert result.interval.low <= result.mean_ms <= result.interval.high
    assert result.sentence().startswith(word), result.sentence()


def test_a_router_pays_for_its_own_work():
    result = gain(JUDGED, routing_policies.TO_SMALL, price_ms=0)
    assert (result.alternative, result.mean_ms) == ("always small", -10)
