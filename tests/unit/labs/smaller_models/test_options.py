"""The options of lab 03: where generation stops, and what is judged."""

import numpy as np
import pytest

from harness.assistant import Question
from harness.kb.questions import draw
from harness.labs.smaller_models.options import (
    MeasuredOption,
    SharedStages,
    StoppedGeneration,
    ended,
    measure,
)
from harness.stages.exact_search import ExactSearch
from harness.stages.question_embedding import QuestionEmbedding
from tests.fakes import FakeModel, chunk


def embed(texts):
    return np.ones((len(texts), 2), np.float32)


def four_pieces(pieces):
    """Yield four pieces and do not ask for a fifth."""
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


def test_the_stop_rule_ends_the_generation_and_the_model_is_not_stopped():
    model = FakeModel("[1] It lasts 24 months. And then some more.")
    generation = StoppedGeneration(model, four_pieces)
    assert "".join(generation(Question("How long?"), [chunk(0)])) == "[1] It lasts 24 "
    assert model.calls[0][2] is False  # stop_at_end
    generation.forget()
    assert model.calls[-1].startswith("warm")


@pytest.mark.parametrize("text", ["", " \n ", "[1] "])
def test_an_empty_answer_is_wrong_and_no_fault(text):
    pieces = list(StoppedGeneration(FakeModel(text), iter)(Question("How long?"), [chunk(0)]))
    assert pieces[-1] == "(no words)"


def test_options_are_measured_and_judged_through_http():
    cases = [case for case in draw("dev", 12, seed=1, history_turns=0) if case.answerable][:7]
    vectors = np.ones((1, 2), np.float32)
    search = ExactSearch([chunk(0)], vectors)
    stages = SharedStages(QuestionEmbedding(embed), search)
    options = measure(
        [
            stages.option("wrong", FakeModel("Something. Else"), 1, four_pieces),
            stages.option("refuses", FakeModel("I could not find that."), 1, four_pieces),
        ],
        cases,
    )
    assert [option.name for option in options] == ["wrong", "refuses"]
    assert all(len(option.e2e_ms) == len(option.right) == 6 for option in options)
    assert options[0].share.successes == 0
    assert options[0].texts[0].startswith("Something")


def test_times_faster_is_paired():
    slow = MeasuredOption("a", (100.0,) * 6, (True,) * 6, ("",) * 6)
    fast = MeasuredOption("b", (50.0,) * 6, (True, False) * 3, ("",) * 6)
    assert fast.times_faster(slow).low == pytest.approx(2.0)
    assert str(fast.share).startswith("50 %")
    assert fast.p50_ms == 50
