"""How much worse a cheaper assistant may be, and how sure one can be of it."""

import numpy as np
import pytest

from harness.errors import WrongUseError
from harness.measure.quality.noninferiority import MARGIN, questions_needed, worst_case


def test_agreement_on_few_questions_proves_little_and_on_many_much():
    few, many = [True] * 12, [True] * 400
    assert worst_case(few, few) < -MARGIN
    assert worst_case(many, many) > -0.01


def test_by_hand():
    """30 questions, 3 lost and 2 won: mean -1/32, variance 7/32 - 1/32**2."""
    large = [True] * 3 + [False] * 2 + [True] * 25
    small = [False] * 3 + [True] * 2 + [True] * 25
    expected = -1 / 32 - 1.645 * np.sqrt((7 / 32 - 1 / 1024) / 32)
    assert worst_case(large, small) == pytest.approx(expected)
    assert worst_case(small, large) > worst_case(large, small)


def test_an_assistant_that_is_worse_by_the_margin_passes_one_time_in_twenty():
    rng, passed = np.random.default_rng(1), 0
    for _ in range(1000):
        large = rng.random(200) < 0.9
        small = large & (rng.random(200) >= MARGIN / 0.9)
        passed += worst_case(list(large), list(small)) > -MARGIN
    assert passed < 80  # 50 expected; the interval is a little careful


def test_an_equal_assistant_passes_every_second_exam_of_the_size_computed():
    rng, n, passed = np.random.default_rng(2), questions_needed(0.2), 0
    for _ in range(400):
        kind = rng.choice(3, n, p=[0.1, 0.1, 0.8])
        passed += worst_case(list(kind != 0), list(kind != 1)) > -MARGIN
    assert 140 < passed < 280


@pytest.mark.parametrize("margin", [0.1, 0.15, 0.02])
def test_equal_answers_pass_with_as_many_questions_as_computed_and_with_no_fewer(margin):
    n = questions_needed(0.0, margin)
    assert worst_case([True] * n, [True] * n) > -margin
    assert worst_case([True] * (n - 1), [True] * (n - 1)) <= -margin


@pytest.mark.parametrize(("large", "small"), [([], []), ([True], [True, False])])
def test_pairs_come_from_the_same_questions(large, small):
    with pytest.raises(WrongUseError, match="same questions"):
        worst_case(large, small)
    with pytest.raises(WrongUseError, match="margin"):
        questions_needed(0.1, 0)
