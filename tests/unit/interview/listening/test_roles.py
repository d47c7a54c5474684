"""Roles: what a sentence says about a change, and what that excludes."""

from dataclasses import replace

import numpy as np
import pytest

from harness.interview.content_files import BadContentError
from harness.interview.dialogue.case_figures import is_doubt
from harness.interview.listening.acts import LEAST, Part, answers_itself, in_role
from harness.interview.listening.roles import NAMES, Found, role_sentences
from harness.interview.listening.similarity import Said
from harness.interview.reading import Act, Role

NEUTRAL = dict.fromkeys((*LEAST, "none"), 0.0)


def test_the_shipped_sentences_have_every_role_in_many_voices():
    rows = list(role_sentences())
    assert {role for _, role, _ in rows} == set(NAMES)
    assert len({voice for _, _, voice in rows}) >= 20


def test_a_file_with_an_unknown_role_is_named(tmp_path):
    (tmp_path / "captain.yaml").write_text('dance: ["Ahoy."]\n')
    with pytest.raises(BadContentError, match=r"captain.yaml.*dance"):
        list(role_sentences(tmp_path))


@pytest.mark.parametrize(
    ("text", "role", "asked", "asks"),
    [
        ("We log overrides and look at them weekly.", Role.SAFEGUARD, 0.0, False),
        ("We log overrides, right?", Role.SAFEGUARD, 0.0, True),  # a question stays one
        (
            "The latency of the week before, please.",
            Role.SAFEGUARD,
            0.9,
            True,
        ),  # and a clear request
        ("I'd look at the trace.", Role.ASK, 0.0, True),
        ("Hm.", None, 0.0, True),
    ],
)
def test_words_about_a_change_ask_for_nothing(text, role, asked, asks):
    scores = in_role(text, Found(role, 0.5, False), {**NEUTRAL, Act.ASK: asked})
    assert (scores[Act.ASK] >= LEAST[Act.ASK]) == asks


@pytest.mark.parametrize(
    ("question", "answer", "role", "own"),
    [
        ("The cost?", "Two weeks of mine.", Role.PRICE, True),
        ("The cost?", "And who pays?", Role.PRICE, False),
        ("The cost?", "I'd add a server.", Role.PLAN, False),
        (
            "How long does a request wait before the model begins with it?",
            "Two weeks.",
            Role.PRICE,
            False,
        ),
    ],
)
def test_a_short_question_with_its_answer_asks_for_nothing(question, answer, role, own):
    asked, said = (
        Part(Said(text, np.zeros(1), np.zeros(1)), (), NEUTRAL) for text in (question, answer)
    )
    assert answers_itself(asked, replace(said, role=role)) == own


@pytest.mark.parametrize(
    ("text", "doubts"),
    [("Multiply.", False), ("That does not add up.", True), ("Who says that?", True)],
)
def test_a_remark_is_no_doubt(text, doubts):
    assert is_doubt(text) == doubts
