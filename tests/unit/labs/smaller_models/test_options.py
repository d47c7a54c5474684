"""Options to choose from: who stops the writing, and what is judged."""

import numpy as np
import pytest

from harness.assistant import Question
from harness.kb.questions import draw
from harness.labs.smaller_models.options import SharedStages, Measured, Writing, ended, measured
from harness.stages.exact_search import ExactSearch
from harness.stages.question_embedding import QuestionEmbedding
from tests.fakes import FakeModel, chunk


def embed(texts):
    return np.ones((len(texts), 2), np.float32)


def short(pieces):
    """Four pieces, and no fifth one asked for."""
    for number, piece in enumerate(pieces, start=1):
        yield piece
        if number == 4:
            return


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("It lasts 7.", False),
        ("It lasts 7.5 hours.", True),
        ("Code E07.", False),
        ("Code E07. And", True),
    ],
)
def test_a_sentence_ends_when_nothing_can_follow(text, end):
    assert ended(text) is end


def test_the_reader_decides_when_it_ends_and_the_model_is_not_stopped():
    model = FakeModel("[1] It lasts 24 months. And then some more.")
    writing = Writing(model, short)
    assert "".join(writing(Question("How long?"), [chunk(0)])) == "[1] It lasts 24 "
    assert model.calls[0][2] is False  # stop_at_end
    writing.fresh()
    assert model.calls[-1].startswith("warm")


@pytest.mark.parametrize("said", ["", " \n ", "[1] "])
def test_a_model_without_words_is_wrong_and_no_fault(said):
    pieces = list(Writing(FakeModel(said), iter)(Question("How long?"), [chunk(0)]))
    assert pieces[-1] == "(no words)"


def test_options_are_measured_and_judged_through_http():
    cases = [case for case in draw("dev", 12, seed=1, history_turns=0) if case.answerable][:7]
    vectors = np.ones((1, 2), np.float32)
    search = ExactSearch([chunk(0)], vectors)
    kitchen = SharedStages(QuestionEmbedding(embed), search)
    rows = measured(
        [
            kitchen.option("wrong", FakeModel("Something. Else"), 1, short),
            kitchen.option("refuses", FakeModel("I could not find that."), 1, short),
        ],
        cases,
    )
    assert [row.name for row in rows] == ["wrong", "refuses"]
    assert all(len(row.e2e_ms) == len(row.right) == 6 for row in rows)
    assert rows[0].share.successes == 0
    assert rows[0].texts[0].startswith("Something")


def test_times_faster_is_paired():
    slow = Measured("a", (100.0,) * 6, (True,) * 6, ("",) * 6)
    fast = Measured("b", (50.0,) * 6, (True, False) * 3, ("",) * 6)
    assert fast.times_faster(slow).low == pytest.approx(2.0)
    assert str(fast.share).startswith("50 %")
    assert fast.p50_ms == 50
