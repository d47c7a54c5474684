"""Cards: one when the router is sure, a few when it is not, none rather than a wrong one."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

from harness.interview.content_files import BadContentError
from harness.interview.listening.card_router import (
    Asked,
    asked_for,
    asked_in,
    labelled_questions,
    topics,
)
from harness.interview.reading import NOT_SHOWN, Unanswered
from harness.interview.scenario.cards import card_ids

DATA = Path(__file__).parents[1] / "data"
QUESTIONS = yaml.safe_load((DATA / "routing.yaml").read_text())


def held(letter):
    return yaml.safe_load((DATA / f"routing_held_{letter}.yaml").read_text())


HELD = [q for half in (QUESTIONS["held"], *map(held, "bc")) for qs in half.values() for q in qs]


def scores(**given):
    return dict.fromkeys((*card_ids(), *NOT_SHOWN), -4.0) | given


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (
            {"cache": 6.0, "index": 3.5},
            Asked(("cache",), ("index", *card_ids()[:2]), also=("index",)),
        ),
        ({"cache": 6.0, "index": 5.5}, Asked(("cache", "index"), tuple(card_ids()[:3]))),
        ({"cache": 1.0, "index": 0.8, "gpu": 0.2}, Asked(near=("cache", "index", "gpu"))),
        ({"cache": 2.0}, Asked(("cache",), tuple(card_ids()[:3]))),  # low, but far ahead
        ({}, Asked(near=tuple(card_ids()[:3]))),
        (
            {"cache": 0.2, "outside": 3.0},
            Asked(near=("cache", *card_ids()[:2]), unanswered=Unanswered.OUTSIDE),
        ),
        ({"cache": 6.0, "opinion": 9.0}, Asked(("cache",), tuple(card_ids()[:3]))),
    ],
)
def test_a_question_leads_to_one_card_a_few_or_none(given, asked):
    assert asked_for(scores(**given)) == asked


@pytest.mark.parametrize("kind", Unanswered)
def test_a_refusal_says_why(kind):
    found = asked_for(scores(cache=0.2, **{str(kind): 3.0}))
    assert not found.cards and found.unanswered == kind


def test_questions_of_one_turn_add_up_and_a_card_outweighs_a_refusal():
    refused = Asked(near=("gpu",), unanswered=Unanswered.OUTSIDE)
    assert Asked.together([refused, Asked(("cache",)), Asked(("gpu",))]).cards == ("cache", "gpu")
    assert Asked.together([refused, Asked(near=("cost",))]) == Asked(near=("cost",))
    assert Asked.together([]) == Asked()


def test_every_topic_has_questions():
    assert {topic for _, (topic, *_), _ in labelled_questions()} == set(topics())


def by_words(text, before):
    """Return an encoder's log odds of a text: high for the cards whose names are in it."""
    names = (*card_ids(), *NOT_SHOWN)
    return {"cards": {name: 12.0 if name in text.lower() else -4.0 for name in names}}


ROUTER = partial(asked_in, by_words)


def test_a_question_is_routed_and_an_enumeration_to_each_of_its_members():
    assert ROUTER("What is the cache hit rate?").cards == ("cache",)
    assert ROUTER("Cache hit rate, GPU utilisation.").cards == ("cache", "gpu")


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_000, "\x00", "¿?", "<b>"])
def test_any_text_is_routed_somewhere(text):
    assert isinstance(ROUTER(text), Asked)


def test_no_example_is_a_held_out_question():
    shipped = {plain(question) for question, *_ in labelled_questions()}
    assert not shipped & {plain(question) for question in HELD}


def plain(question):
    """Letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", " ", question.lower()).strip()


def test_voices_are_read_and_a_topic_that_is_none_is_named(tmp_path):
    assert {voice for *_, voice in labelled_questions()} >= {"terse", "rambling", "non_native"}
    (tmp_path / "odd.yaml").write_text("kitchen:\n- Where is the kitchen?")
    with pytest.raises(BadContentError, match=r"odd\.yaml.*kitchen"):
        list(labelled_questions(tmp_path))


@pytest.mark.models
@pytest.mark.timeout(900)  # 322 sentences, each read by MiniLM, beside other tests
def test_unseen_questions_find_their_card():
    """The questions that nobody looked at; floors a little below what was measured."""
    from harness.interview.listening.card_router import card_router

    asked = [(q, card) for card, questions in QUESTIONS["held"].items() for q in questions]
    found = [(card_router()(question), card) for question, card in asked]
    on_cards = [(routed, card) for routed, card in found if card not in NOT_SHOWN]
    right = np.mean([routed.cards == (card,) for routed, card in on_cards])
    wrongly = np.mean([bool(r.cards) for r, card in found if card in NOT_SHOWN])
    assert right >= 0.85 and wrongly <= 0.1
