"""Dialogue acts, and the choice among offered cards."""

from pathlib import Path

import pytest
import yaml

from harness.interview.dialogue.acts import MAX_QUESTIONS, act_of, picked_card, proposes, questions

ACTS = yaml.safe_load((Path(__file__).parents[1] / "data" / "acts.yaml").read_text())
OFFERED = ("tokens", "model", "gpu")


@pytest.mark.parametrize(
    ("kind", "text"), [(k, text) for k, texts in ACTS.items() for text in texts]
)
def test_an_act_is_recognised(kind, text):
    assert act_of(text) == kind


def test_a_proposal_is_one_in_any_sentence_and_a_question_is_none():
    assert proposes("The model is slow. I would use a smaller one.")
    assert not proposes("What would a smaller model cost?")


def test_at_most_three_questions_of_a_turn_are_taken():
    assert questions("Why? The mean is fine. How many? And when?") == (
        "Why?",
        "How many?",
        "And when?",
    )
    assert len(questions("Why? " * 10)) == MAX_QUESTIONS


def test_a_long_speech_is_not_giving_up():
    assert act_of("I don't know yet. The trace shows it. We have p95. Then decode.") != "give_up"


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("a", "tokens"),
        ("B.", "model"),
        ("3", "gpu"),
        ("the first one", "tokens"),
        ("second please", "model"),
        ("the last", "gpu"),
        ("yes", "tokens"),
        ("I meant the gpu", "gpu"),
        ("what the GPU is doing", "gpu"),
        ("none of these", None),
        ("I would use a smaller thing, and then we will see what comes of it all", None),
        ("", None),
    ],
)
def test_an_offer_is_picked_by_letter_number_or_name(text, card):
    assert picked_card(text, OFFERED) == card


def test_a_place_that_was_not_offered_picks_nothing():
    assert picked_card("c", ("tokens", "model")) is None
