"""Speculative decoding with the real llama.cpp: for any draft, the text is that of greedy decoding."""

from itertools import islice
from random import Random

import pytest

from harness.models.engines.drafts import ModelDraft, nothing, opened, speculative
from harness.models.engines.llama_context import LlamaContext

PROMPT = [5, 6, 7, 8]


@pytest.fixture
def context(file):
    return LlamaContext(file, n_ctx=64)


@pytest.fixture
def plain(context):
    context.read(PROMPT)
    return list(context.greedy())


def drafted(context, draft, n=None):
    context.forget()
    context.read(PROMPT)
    return list(islice(speculative(context, draft), n))


def oracle(plain, wrong_every=0):
    """Return a draft of the right tokens, with a wrong one at regular intervals."""

    def draft(tokens):
        at = len(tokens) - len(PROMPT)
        guess = plain[at : at + 4]
        return [
            t + 1 if wrong_every and (at + i) % wrong_every == 0 else t for i, t in enumerate(guess)
        ]

    return draft


def test_a_right_draft_gives_the_same_text_in_fewer_steps(context, plain):
    steps = []
    choices = context.choices
    context.choices = lambda tokens: steps.append(len(tokens)) or choices(tokens)
    assert drafted(context, oracle(plain)) == plain
    assert len(steps) < len(plain) / 3


@pytest.mark.parametrize("wrong_every", [1, 2, 3])
def test_a_draft_that_is_wrong_now_and_then_changes_nothing(context, plain, wrong_every):
    assert drafted(context, oracle(plain, wrong_every)) == plain


@pytest.mark.parametrize("seed", [1, 2])
def test_rubbish_and_silence_change_nothing(context, plain, seed):
    random = Random(seed)
    guess = lambda tokens: [random.randrange(49152) for _ in range(random.randrange(5))]  # noqa: E731
    assert drafted(context, guess) == plain
    assert drafted(context, lambda tokens: []) == plain


def test_a_model_may_draft_for_itself(context, file, plain):
    assert drafted(context, ModelDraft(LlamaContext(file, n_ctx=64)), 20) == plain[:20]


def test_a_smaller_context_drafts_as_long_as_it_can(context, file, plain):
    assert drafted(context, ModelDraft(LlamaContext(file, n_ctx=16))) == plain


def test_no_draft_is_made_without_room_for_it(context, plain):
    asked = []
    drafted(context, lambda tokens: asked.append(len(tokens)) or [])
    assert max(asked) == context.n_ctx - 1


@pytest.mark.parametrize("right", [0, 1, 3])
@pytest.mark.parametrize("warm", [True, False])
def test_an_opening_changes_no_text_however_much_of_it_is_right(context, plain, right, warm):
    guess = [*plain[:right], *(token + 1 for token in plain[right:3])]
    if not warm:
        context.forget()
    first = opened(context, PROMPT, guess)
    assert first == plain[: right + 1]
    assert list(speculative(context, nothing, first)) == plain


def test_an_opening_that_does_not_fit_is_cut(context, plain):
    prompt = [5] * 63
    context.read(prompt)
    token = int(context.scores().argmax())
    assert opened(context, prompt, [token, 7, 8])[0] == token
