"""A few sentences are read together, and an idea has its place in the sentence that shows it most."""

from types import MappingProxyType

import pytest

from harness.interview.scoring import classifier
from harness.interview.scoring.classifier import DENIES, SHOWS, SentenceClassifier, names
from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.sentences import read

IDEA = "STK-BATCH"
FIRST, SECOND = "You fill the truck first.", "That one box sits on the dock."
THIRD = "So we wait for it."
TOLD = {FIRST: 1.0, SECOND: -1.0, f"{FIRST} {SECOND}": 4.0, f"{SECOND} {THIRD}": 3.0}  # log odds


def encoder(text, before):
    assert before == ""
    odds = TOLD.get(text, -5.0)
    return MappingProxyType({SHOWS: {IDEA: odds}, DENIES: {IDEA: -1.0}})


def about(text, turn=0):
    sentences = read(text, turn).sentences
    found = SentenceClassifier(encoder).in_context(sentences)
    return [found[sentence.place].scores[IDEA].about for sentence in sentences]


def test_the_sentence_that_shows_most_has_what_all_show_together():
    assert about(f"{FIRST} {SECOND}") == [4.0, -1.0 - classifier.ALONE]


def test_a_sentence_alone_keeps_its_scores():
    assert about(FIRST) == [1.0]


def test_sentences_are_read_together_up_to_a_number_of_words(monkeypatch):
    monkeypatch.setattr(classifier, "TOGETHER", 10)
    assert about(f"{FIRST} {SECOND}") == [1.0, -1.0]


def test_a_sentence_that_is_clear_alone_is_heard_in_any_surroundings():
    assert about(f"{FIRST} Lunch is at noon.")[0] == 1.0 - classifier.ALONE


def test_an_idea_that_takes_two_sentences_is_shown_by_both():
    sentences = read(f"{SECOND} {THIRD}").sentences
    first, second = SentenceClassifier(encoder).in_context(sentences).values()
    assert first.scores[IDEA].spread and not second.scores[IDEA].spread
    assert first.around.text == f"{SECOND} {THIRD}"


def test_the_scores_of_the_surroundings_are_kept_beside_a_sentences_own():
    sentences = read(f"{FIRST} {SECOND}").sentences
    placed = SentenceClassifier(encoder).in_context(sentences)
    assert [each.whole[IDEA].about for each in placed.values()] == [4.0, 4.0]


CLAIM, BACK = "Four bits cost us no quality, I am sure.", "Well, they cost some, so I test it."


@pytest.mark.parametrize(("together", "accused"), [(3.0, True), (-8.0, False)])
def test_a_misconception_stands_only_if_the_sentences_around_leave_it_standing(together, accused):
    wrong = "MIS-QUANT-FREE"
    told = {CLAIM: 8.0, f"{CLAIM} {BACK}": together}

    def heard(text, before):
        odds = dict.fromkeys(names(rubric()), -5.0)
        return {SHOWS: odds | {wrong: told.get(text, -5.0)}, DENIES: odds}

    found = Scorer(rubric(), SentenceClassifier(heard)).answer(f"{CLAIM} {BACK}").mistakes
    assert [mistake.misconception for mistake in found] == [wrong] * accused
