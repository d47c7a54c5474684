"""The form of a turn: what closes a plan, asks for data, doubts, or is about the interview itself."""

import pytest

from harness.interview.dialogue.case_figures import is_doubt
from harness.interview.dialogue.interviewer import CLOSES
from harness.interview.dialogue.showing import ABOUT_INTERVIEW
from harness.interview.dialogue.wording import reactions, unrepeated
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
    assert bool(ABOUT_INTERVIEW.search(text)) is about


def test_a_repeated_question_is_repeated_without_its_introduction():
    for wording in reactions().repeated:
        assert unrepeated(wording.format(question="What is slow?")) == "What is slow?"


def test_the_quote_is_the_clearest_sentence_of_the_highest_level():
    def said(start, level, clarity):
        return Finding("X", level, Sentence("words", start, start + 5), clarity=clarity)

    early, clear = said(0, Level.MENTION, 0.1), said(10, Level.MENTION, 0.9)
    assert best([early, clear])["X"] == clear
    assert best([clear, said(20, Level.EXPLAINED, 0.0)])["X"].level == Level.EXPLAINED
