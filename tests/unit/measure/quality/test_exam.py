import numpy as np
import pytest

from harness.measure.quality.exam import Corpus, ExamItem, answer, evaluate, items
from tests.fakes import FakeModel, chunk
from tests.unit.measure.quality.test_quality import case

CHUNKS = [chunk(number) for number in range(6)]
VECTORS = np.eye(6, dtype=np.float32)
RIGHT = "[2] The Kestrel X200 is covered for 24 months."


def corpus(nearest):
    """A help centre in which every question is nearest to the chunks `nearest`, in that order."""
    row = np.zeros(6, np.float32)
    for rank, number in enumerate(nearest):
        row[number] = 1 - rank / 10
    return Corpus(CHUNKS, VECTORS, lambda texts: np.stack([row] * len(texts)))


def ids(item):
    return [one.id for one in item.chunks]


def test_what_search_finds_lies_on_the_desk_in_its_order():
    [item] = items([case()], 3, corpus([4, 1, 0]))
    assert ids(item) == ["c4", "c1", "c0"]


def test_a_gold_chunk_that_search_misses_takes_the_last_place():
    [item] = items([case()], 3, corpus([4, 3, 0]))
    assert ids(item) == ["c4", "c3", "c1"]


def test_a_question_without_an_answer_keeps_what_search_finds():
    [item] = items([case(answerable=False)], 3, corpus([4, 3, 0]))
    assert ids(item) == ["c4", "c3", "c0"]


def test_many_questions_are_embedded_in_parts_and_stay_in_order():
    cases = [case(number) for number in range(70)]
    found = items(cases, 2, corpus([1, 2]))
    assert [item.case.question.id for item in found] == [f"q{n}" for n in range(70)]


def test_an_answer_cites_the_passage_that_the_model_points_at():
    item = ExamItem(case(), (CHUNKS[3], CHUNKS[1]))
    assert answer(FakeModel(RIGHT), item).citations == ("c1",)


def test_reading_adds_up_answers_and_refusals():
    asked = [
        ExamItem(case(), (CHUNKS[3], CHUNKS[1])),
        ExamItem(case(1, answerable=False), (CHUNKS[3],)),
    ]
    result = evaluate(FakeModel(RIGHT), asked)
    assert (result.fact.rate, result.refusal.rate, result.citation.rate) == (1, 0, 1)


def test_no_questions_are_no_exam():
    with pytest.raises(ValueError, match="no cases"):
        evaluate(FakeModel(), [])
