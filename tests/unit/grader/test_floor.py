"""Floors of quality: how often they let a bad entry pass and fail a good one, computed and drawn."""

import random
from collections import Counter

import pytest

from grader.thresholds import Floor, thresholds

CAPSTONE = thresholds("10-capstone")
FLOORS = {"bar": CAPSTONE.bar.right, **CAPSTONE.floors}
# Of launched products, in questions that both were asked: `python -m tests.perf.baseline_pairs`.
SLOW_BASELINE = 0.78


def passing(floor: Floor, share: float, first: int = 1) -> tuple[float, float]:
    """Return the probability that `share` passes, and the mean number of answers, without drawing any.

    first: answers before the first look.
    """
    going, passed, answers = {0: 1.0}, 0.0, 0.0
    for n in range(1, floor.most + 1):
        after: Counter[int] = Counter()
        for right, p in going.items():
            after[right + 1] += p * share
            after[right] += p * (1 - share)
        seen = {right: floor.verdict(right, n) if n >= first else None for right in after}
        passed += sum(p for right, p in after.items() if seen[right])
        answers += n * sum(p for right, p in after.items() if seen[right] is not None)
        going = {right: p for right, p in after.items() if seen[right] is None}
    assert not going
    return passed, answers


@pytest.mark.parametrize("name", FLOORS)
def test_one_bad_entry_in_twenty_passes_and_one_good_one_in_a_hundred_fails(name):
    floor, first = FLOORS[name], CAPSTONE.bar.pairs if name == "bar" else 1
    too_bad, asked = passing(floor, floor.too_bad, first)
    good, few = passing(floor, floor.good, first)
    assert too_bad <= 0.05
    assert 1 - good <= 0.01
    assert few <= 80 and asked <= 100  # of the 200 to 300 that it may take


def test_an_entry_five_points_worse_than_the_slow_assistant_is_too_bad():
    assert CAPSTONE.bar.right.too_bad == pytest.approx(SLOW_BASELINE - 0.05)


@pytest.mark.parametrize("name", FLOORS)
def test_a_thousand_entries_of_each_kind_as_drawn(name):
    floor, draw = FLOORS[name], random.Random(22)

    def passes(share):
        return floor.judge(draw.random() < share for _ in range(floor.most))[0]

    assert sum(passes(floor.too_bad) for _ in range(1000)) <= 50
    assert (
        sum(passes(floor.good) for _ in range(1000)) >= 985
    )  # 990 expected at least: chance is three in a thousand either way


def test_half_of_the_answers_never_pass():
    assert not FLOORS["bar"].judge([True, False] * 8)[0]
    assert FLOORS["bar"].judge([True] * 40) == (True, 22, 22)
    assert FLOORS["bar"].judge([False] * 40) == (False, 0, 9)
    assert not FLOORS["bar"].judge([])[0]
