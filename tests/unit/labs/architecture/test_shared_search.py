import numpy as np
import pytest

from harness.assistant import Answer, Chunk, Done, Query, Question, Token
from harness.labs.architecture.shared_search import SharedSearch, narrow_margin
from harness.pipeline import Pipeline

QUESTION = Question("How long?")
CHUNKS = [Chunk(f"c{n}", "title", f"text {n}", "p", "c", "us", 1) for n in range(4)]
VECTORS = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32)


def pipelines(searched):
    """Return a small and a large pipeline that write their name and how many chunks they got."""

    def retrieve(query, k):
        searched.append(k)
        return CHUNKS[:k]

    def named(name, k):
        return Pipeline(
            lambda question: Query(question.text, np.array([1, 0], np.float32)),
            retrieve,
            lambda question, chunks: iter([f"{name} {len(chunks)}"]),
            lambda question, chunks, text: Answer(text),
            k=k,
            streaming=True,
        )

    return named("small", 1), named("large", 3)


@pytest.mark.parametrize(("threshold", "text"), [(0.9, "small 1"), (0.7, "large 3")])
def test_one_search_serves_the_signal_and_the_chosen_assistant(threshold, text):
    searched = []
    router = SharedSearch(*pipelines(searched), narrow_margin(CHUNKS, VECTORS), threshold)
    assert list(router.stream(QUESTION)) == [Token(text), Done(Answer(text))]
    assert searched == [3]


def test_the_margin_is_one_minus_the_lead_of_the_best():
    difficulty = narrow_margin(CHUNKS, VECTORS)
    query = Query("", np.array([1, 0], np.float32))
    assert difficulty(query, CHUNKS) == pytest.approx(0.8)
    assert difficulty(query, CHUNKS[:1]) == 0
