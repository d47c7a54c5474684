import numpy as np
import pytest

from harness.measure.quality.exam import Corpus, ExamItem, answer, evaluate, exam_items
from tests.fakes import FakeModel, chunk
from tests.unit.measure.quality.test_quality import case

CHUNKS = [chunk(number) for number in range(6)]
VECTORS = np.eye(6, dtype=np.float32)
RIGHT = "[2] The Kestrel X200 is covered for 24 months."


def corpus(nearest):
    """Return a help centre in which every question is nearest to the chunks `nearest`, in that order."""
    row = np.zeros(6, np.float32)
    for rank, number in enumerate(nearest):
        row[number] = 1 - rank / 10
    return Corpus(CHUNKS, VECTORS, lambda texts: np.stack([row] * len(texts)))


def ids(item):
    return [chunk.id for chunk in item.chunks]


def test_the_passages_keep_the_order_of_the_search():
    [item] = exam_items([case()], 3, corpus([4, 1, 0]))
    assert ids(item) == ["c4", "c1", "c0"]


def test_a_gold_chunk_that_the_search_misses_replaces_the_last_passage():
    [item] = exam_items([case()], 3, corpus([4, 3, 0]))
    assert ids(item) == ["c4", "c3", "c1"]


def test_an_unanswerable_question_keeps_the_passages_of_the_search():
    [item] = exam_items([case(answerable=False)], 3, corpus([4, 3, 0]))
    assert ids(item) == ["c4", "c3", "c0"]


def test_many_questions_are_embedded_in_batches_and_keep_their_order():
    cases = [case(number) for number in range(70)]
    drawn = exam_items(cases, 2, corpus([1, 2]))
    assert [item.case.question.id for item in drawn] == [f"q{n}" for n in range(70)]


def test_an_answer_cites_the_passage_that_the_model_points_at():
    item = ExamItem(case(), (CHUNKS[3], CHUNKS[1]))
    assert answer(FakeModel(RIGHT), item).citations == ("c1",)


def test_evaluate_counts_answers_and_refusals():
    items = [
        ExamItem(case(), (CHUNKS[3], CHUNKS[1])),
        ExamItem(case(1, answerable=False), (CHUNKS[3],)),
    ]
    result = evaluate(FakeModel(RIGHT), items)
    assert (result.fact.rate, result.refusal.rate, result.citation.rate) == (1, 0, 1)


def test_an_exam_without_questions_is_an_error():
    with pytest.raises(ValueError, match="no cases"):
        evaluate(FakeModel(), [])
