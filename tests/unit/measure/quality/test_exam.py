import numpy as np
import pytest

from harness.measure.quality.exam import Library, Sheet, answer, reading, sheets
from tests.fakes import FakeModel, chunk
from tests.unit.measure.quality.test_quality import case

CHUNKS = [chunk(number) for number in range(6)]
VECTORS = np.eye(6, dtype=np.float32)
RIGHT = "[2] The Kestrel X200 is covered for 24 months."


def library(nearest):
    """A help centre in which every question is nearest to the chunks `nearest`, in that order."""
    row = np.zeros(6, np.float32)
    for rank, number in enumerate(nearest):
        row[number] = 1 - rank / 10
    return Library(CHUNKS, VECTORS, lambda texts: np.stack([row] * len(texts)))


def ids(sheet):
    return [one.id for one in sheet.chunks]


def test_what_search_finds_lies_on_the_desk_in_its_order():
    [sheet] = sheets([case()], 3, library([4, 1, 0]))
    assert ids(sheet) == ["c4", "c1", "c0"]


def test_a_gold_chunk_that_search_misses_takes_the_last_place():
    [sheet] = sheets([case()], 3, library([4, 3, 0]))
    assert ids(sheet) == ["c4", "c3", "c1"]


def test_a_question_without_an_answer_keeps_what_search_finds():
    [sheet] = sheets([case(answerable=False)], 3, library([4, 3, 0]))
    assert ids(sheet) == ["c4", "c3", "c0"]


def test_many_questions_are_embedded_in_parts_and_stay_in_order():
    cases = [case(number) for number in range(70)]
    found = sheets(cases, 2, library([1, 2]))
    assert [sheet.case.question.id for sheet in found] == [f"q{n}" for n in range(70)]


def test_an_answer_cites_the_passage_that_the_model_points_at():
    sheet = Sheet(case(), (CHUNKS[3], CHUNKS[1]))
    assert answer(FakeModel(RIGHT), sheet).citations == ("c1",)


def test_reading_adds_up_answers_and_refusals():
    asked = [
        Sheet(case(), (CHUNKS[3], CHUNKS[1])),
        Sheet(case(1, answerable=False), (CHUNKS[3],)),
    ]
    result = reading(FakeModel(RIGHT), asked)
    assert (result.fact.rate, result.refusal.rate, result.citation.rate) == (1, 0, 1)


def test_no_questions_are_no_exam():
    with pytest.raises(ValueError, match="no cases"):
        reading(FakeModel(), [])
