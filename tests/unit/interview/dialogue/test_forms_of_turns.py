"""The form of a turn: what closes a plan, asks for data, doubts, or is about the interview itself."""

import pytest

from harness.interview.dialogue.addressees import TO_TEAM
from harness.interview.dialogue.interviewer import CLOSES
from harness.interview.dialogue.reacting.case_figures import is_doubt
from harness.interview.dialogue.showing import INTERVIEW_ITSELF
from harness.interview.dialogue.visitors import offered_choice
from harness.interview.dialogue.wording import meaning, reactions, short, small_talk, unrepeated
from harness.interview.scoring.findings import Finding, Level, best
from harness.interview.scoring.sentences import Sentence


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("To close: measure, cut the round trips, stream.", True),
        ("I think that's it. Otherwise I was wrong.", True),
        ("That's all that matters here.", False),
        ("Well, that's me.", True),
        ("So that is the queue, and I would drain it.", False),
    ],
)
def test_the_end_of_a_plan_is_recognised(text, closes):
    assert bool(CLOSES.search(text)) is closes


def test_a_check_is_no_doubt():
    assert not is_doubt("Phone timings before and after, p95 per country, on five percent.")
    assert is_doubt("But the mean is above the p90.")


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Was there something I should have asked?", True),
        ("Are we done, and is there tea?", True),
        ("How long do users look at the screen?", False),
        ("When was the phone app released?", False),
    ],
)
def test_a_question_about_the_interview_is_none_about_the_service(text, about):
    assert bool(INTERVIEW_ITSELF.search(text)) is about


def test_a_repeated_question_is_repeated_without_its_introduction():
    for wording in reactions().repeated:
        assert unrepeated(wording.format(question="What is slow?")) == "What is slow?"


def test_the_quote_is_the_clearest_sentence_of_the_highest_level():
    def said(start, level, clarity):
        return Finding("X", level, Sentence("words", start, start + 5), clarity=clarity)

    early, clear = said(0, Level.MENTION, 0.1), said(10, Level.MENTION, 0.9)
    assert best([early, clear])["X"] == clear
    assert best([clear, said(20, Level.EXPLAINED, 0.0)])["X"].level == Level.EXPLAINED


@pytest.mark.parametrize(
    ("text", "sure", "explained"),
    [
        ("I don't know what a token is", True, "A token is"),
        ("What is a prompt, exactly?", True, "The prompt is"),
        ("what does prefill mean?", True, "Prefill is"),
        ("what is quantization", True, "fewer bits"),
        ("What is p95?", False, "95 of 100"),
        ("What is p95?", True, None),  # its value, where a card has it
        ("What is the recall?", False, None),
        ("What is slow?", False, None),
    ],
)
def test_a_term_is_explained_if_its_meaning_is_asked_for(text, sure, explained):
    found = meaning(text, sure)
    assert explained in found if explained else found is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("To the product manager: you're right that it grew.", "you're right that it grew"),
        ("For the engineers I'd say: change the loop.", "change the loop"),
        ("Engineers, keep the old path.", "keep the old path"),
        ("Product wants 500, so be it.", "Product wants 500, so be it"),
    ],
)
def test_the_address_of_a_message_is_not_quoted(text, quote):
    assert short(text) == quote


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("can we pause for a moment please", "pause"),
        ("Is this asked of all candidates, the same question?", "practical"),
        ("Does the reranker read all candidates?", None),
        ("Does the company have GPUs of its own?", None),
        ("And is there a catch with four bits?", None),
        ("I just explained it, weren't you listening?", "listening"),
        ("The consumers pause for a second between two batches of documents.", None),
        ("What is in the system prompt, and how long is it?", None),
    ],
)
def test_words_about_the_conversation_are_told_from_the_case(text, kind):
    found = small_talk(text)
    assert (found and found[0]) == kind


def test_a_choice_for_product_and_an_address_to_the_team_are_recognised():
    assert offered_choice("first words fast or the whole answer fast?")
    assert offered_choice("Do you prefer it checked, or early?")
    assert not offered_choice("We check all of it, or it is not shown.")
    assert not offered_choice("Is it ready in June or not?")
    goal = "Do your users need the whole answer quickly, or is it enough if they can start to read at once?"
    assert offered_choice(goal) == "goal"
    assert TO_TEAM.search("And the two engineers: one batch call.")
    assert not TO_TEAM.search("There are two engineers and one sprint.")
