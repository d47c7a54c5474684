"""Conversation histories: exact length, alternating, reproducible, without the answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import WrongUseError
from harness.kb.conversation import GREETING, history
from harness.kb.products import SPLITS, products
from harness.kb.questions import draw
from harness.kb.topics import pairs

TOPIC = pairs("dev")[0][0]


@given(st.integers(0, 200), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_any_length_is_exact_and_reproducible(turns, seed):
    lines = history(TOPIC, turns, seed)
    assert len(lines) == turns
    assert all(lines)
    assert lines == history(TOPIC, turns, seed)


def test_an_odd_history_starts_with_the_greeting():
    assert history(TOPIC, 1, 5) == (GREETING,)
    assert history(TOPIC, 7, 5)[1:] == history(TOPIC, 6, 5)


@pytest.mark.parametrize("split", SPLITS)
def test_it_is_about_other_products_of_the_split(split):
    names = {product.name: product for product in products()}
    for case in draw(split, 20, seed=4, history_turns=40):
        assert len(case.question.history) == 40
        talk = " ".join(case.question.history)
        mentioned = [product for name, product in names.items() if name in talk]
        assert mentioned
        assert {product.split for product in mentioned} == {split}
        assert case.product.split()[0] not in talk


def test_two_hundred_turns_do_not_repeat_a_question():
    asked = [line for line in history(TOPIC, 200, 1)[::2] if "?" in line or len(line) > 80]
    assert len(set(asked)) == len(asked)


def test_different_customers_have_different_pasts():
    pasts = {case.question.history for case in draw("dev", 30, seed=4, history_turns=6)}
    assert len(pasts) == 30


def test_a_negative_length_is_refused():
    with pytest.raises(WrongUseError, match="-1 turns"):
        history(TOPIC, -1)
