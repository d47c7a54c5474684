"""A question whose answer is on an open card is answered from the card."""

import pytest

from harness.interview.dialogue.on_cards import read_out
from harness.interview.scenario.cards import Card
from tests.unit.interview.interviews import interviewer, played, words

NOTE = (
    "These are the lookups of 300 requests. They run one after the other, in five systems of the company "
    "that stand in three countries and that nobody here may change before the end of the year. "
    "The invoice needs nothing from the order. It is slow."
)
LOOKUPS = Card("index", "Lookups", NOTE, (), (), ())


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "Does the invoice depend on the order?",
            "The invoice needs nothing from the order. It is slow.",
        ),
        ("In how many countries?", "They run one after the other"),
        ("Does it rain?", None),
        ("These?", None),
    ],
)
def test_the_sentence_that_shares_most_words_is_read_out_with_a_short_next_one(question, sentence):
    found = read_out([LOOKUPS], question, 1)
    assert (found is None) == (sentence is None)
    assert sentence is None or found[1].startswith(sentence)


def test_fewer_shared_words_than_asked_for_are_no_answer():
    assert read_out([LOOKUPS], "The invoice?", 2) is None
    assert read_out([], "The invoice?", 1) is None


def test_a_question_about_an_open_card_gets_the_sentence_that_answers_it():
    _state, replies = played(
        interviewer("S05"), "The tokens, please?", "Tokens: is there a stop sequence?"
    )
    assert "there is no stop sequence" in words(replies[-1])


def test_a_question_about_an_open_table_is_sent_to_the_table():
    _state, replies = played(interviewer(), "The breakdown?", "The breakdown again?")
    assert "table" in words(replies[-1])
