"""Bars, highlights and progress: their text descriptions, and the escaping of candidates' words."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.interview.practice.history import Played
from harness.interview.report.dimension_bars import dimension_bars
from harness.interview.report.progress_picture import progress
from harness.interview.report.quoted import quoted
from harness.interview.report.scorecard_page import scorecard_page
from harness.interview.report.scorecard_text import _level
from harness.interview.scoring.findings import SURE, Finding, Level
from harness.interview.scoring.rubric import DIMENSIONS, rubric
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.sentences import Sentence

ANSWER = (
    "<script>alert(1)</script> I'd trace real requests before I change anything, with one span per stage. "
    "Caching makes unique questions fast, too. Nice & easy."
)


@pytest.fixture(scope="module")
def scorer():
    return Scorer(rubric())


def scores(*values):
    return dict(zip(DIMENSIONS, values, strict=True))


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (scores(3, 2, 1, 4), r"2 of 4 below 3.*Trade-offs \(1\)"),
        (scores(3, 3, 4, 3), "All 4 .*3 or more"),
        (scores(None, 2, None, None), r"1 of 1 below 3.*Inference stack \(2\)"),
        (scores(None, None, None, None), "no score"),
    ],
)
def test_the_title_is_the_finding(given, title):
    assert re.search(title, repr(dimension_bars(given)))


def test_a_guess_is_in_the_words_too():
    said = repr(dimension_bars(scores(3, 2, 1, None), scores(4, 2, 2, 2), named="last week"))
    assert "last week 4" in said and "– of 4" in said


def test_highlights_are_the_candidates_own_words(scorer):
    page = quoted(scorer.answer(ANSWER))
    marked = re.findall(r'<mark data-kind="(\w+)"[^>]*>(.*?)</mark>', page)
    assert {kind for kind, _ in marked} >= {"wrong"}
    for _, words in marked:
        assert words.replace("&#x27;", "'").replace("&amp;", "&") in ANSWER
    assert "<script>" not in page and "&lt;script&gt;" in page and "Nice &amp; easy." in page


def test_a_turn_without_a_finding_stands_there_as_it_was(scorer):
    assert "<mark" not in quoted(scorer.answer("Well, hello."))
    assert quoted(scorer.answer("")) == "<p>Nothing was said.</p>"


def test_the_page_has_bars_with_words_and_the_next_drill(scorer):
    page = scorecard_page(scorer.answer(ANSWER), {"stack": 3})
    assert "currentColor" in page and "Systematic debugging" in page
    assert " of 4, " in page and "your guess was 3" in page
    assert "Next drill" in page and "<code>labs/" in page
    assert "nothing to score" in scorecard_page(scorer.answer(""))


def interviews(*stack):
    start = datetime(2027, 1, 1, tzinfo=UTC)
    return [
        Played(
            start + timedelta(days=n), "S01", "senior", "exam", 20, n, "finished", None, "offline", "x",
            scores(3, value, 3, 3),
        )
        for n, value in enumerate(stack)
    ]  # fmt: skip


def test_progress_judges_by_the_last_five():
    assert "work on Inference stack" in repr(progress(interviews(4, 4, 4, 1, 2, 2, 2)))
    assert "every dimension at 3 or more" in repr(progress(interviews(1, 1, 3, 3, 4, 3, 3)))
    assert "1 interview:" in repr(progress(interviews(3)))
    with pytest.raises(ValueError, match="no interview"):
        progress([])


def test_a_quote_that_another_reader_might_not_tick_says_perhaps():
    sentence = Sentence("We stream it.", 0, 13)
    clear = Finding("STK-STREAM", Level.APPLIED, sentence, clarity=SURE)
    assert clear.sure and not replace(clear, clarity=SURE - 1).sure
    assert replace(clear, clarity=0.0, deed="opened a card").sure
    assert _level(clear) == "applied" and _level(replace(clear, clarity=1.0)) == "applied, perhaps"
