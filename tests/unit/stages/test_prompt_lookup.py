import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import WrongUseError
from harness.models.engines.drafts import accepted
from harness.stages.prompt_lookup import draft


@pytest.mark.parametrize(
    ("tokens", "drafted"),
    [
        ([1, 2, 3, 4, 5, 1, 2], [3, 4, 5]),  # two tokens match
        ([9, 1, 2, 7, 8, 5, 1, 2, 3, 9, 1, 2], [7, 8, 5]),  # three tokens go before two
        ([1, 2, 3, 1, 2, 4, 1, 2], [3, 1, 2]),  # the first of two matches
        ([5, 5, 5], [5]),  # the match may overlap the end
        ([1, 2, 3], []),
        ([1], []),
        ([], []),
    ],
)
def test_the_draft_is_what_followed_the_first_match(tokens, drafted):
    assert draft(tokens, sizes=(3, 2), length=3) == drafted


def test_no_length_and_no_sizes_mean_no_draft():
    assert draft([1, 2, 1, 2], length=0) == draft([1, 2, 1, 2], sizes=()) == []


def test_an_empty_n_gram_is_refused():
    with pytest.raises(WrongUseError, match=r"\(2, 0\)"):
        draft([1, 2], sizes=(2, 0))


@pytest.mark.parametrize(
    ("drafted", "choices", "expected"),
    [
        ([3, 4], [3, 4, 5], [3, 4, 5]),  # all agreed, and one token for free
        ([3, 4], [3, 9, 5], [3, 9]),  # the model's own token in place of the wrong one
        ([3, 4], [8, 4, 5], [8]),
        ([], [8], [8]),
    ],
)
def test_the_draft_counts_as_far_as_the_model_agrees(drafted, choices, expected):
    assert accepted(drafted, choices) == expected


def test_one_choice_more_than_drafted_is_needed():
    with pytest.raises(WrongUseError, match="3 choices"):
        accepted([1, 2], [1, 2])


def fake_model(seed, vocabulary):
    """Greedy choices that depend on the last two tokens, repetitive as small models are."""
    return lambda tokens: random.Random(str((seed, tokens[-2:]))).randrange(vocabulary)


def plain_greedy(model, prompt, count):
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(model(tokens))
    return tokens[len(prompt) :]


def drafted_greedy(model, prompt, count, **settings):
    """Return the same with drafts, and how many steps the model took."""
    tokens, steps = list(prompt), 0
    while len(tokens) < len(prompt) + count:
        guess = draft(tokens, **settings)
        choices = [model([*tokens, *guess[:i]]) for i in range(len(guess) + 1)]
        tokens += accepted(guess, choices)
        steps += 1
    return tokens[len(prompt) :][:count], steps


@given(
    st.integers(),
    st.integers(1, 6),
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
    st.integers(0, 5),
)
def test_drafting_never_changes_the_output(seed, vocabulary, prompt, length):
    model = fake_model(seed, vocabulary)
    output, steps = drafted_greedy(model, prompt, 30, length=length)
    assert output == plain_greedy(model, prompt, 30)
    assert steps <= 30


def test_repetition_saves_steps():
    prompt = [1, 2, 3, 4, 5, 6, 7, 8, 1]
    cycle = dict(pairwise(prompt))
    output, steps = drafted_greedy(lambda tokens: cycle[tokens[-1]], prompt, 24)
    assert output == plain_greedy(lambda tokens: cycle[tokens[-1]], prompt, 24)
    assert steps < 10
