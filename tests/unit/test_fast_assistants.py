"""The two fast assistants, with the real models and the real knowledge base."""

import pytest

from harness.assistant import ask
from harness.fast_assistants import PASSAGES, large_assistant, slow_search, small_assistant
from harness.kb.questions import draw
from harness.serve.entry import Division

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("make", "passages"),
    [(small_assistant, 1), (large_assistant, PASSAGES)],
)
def test_they_answer_without_the_pointer(make, passages):
    entry = make()
    assert entry.division is Division.CLOSED
    assert entry.assistant.inner.k == passages
    [case] = [case for case in draw("dev", 4, seed=1, history_turns=0) if case.answerable][:1]
    entry.reset()
    answer = ask(entry.assistant, case.question)
    assert answer.text and not answer.text.startswith("[")


def test_the_slow_search_finds_chunks():
    embed, search = slow_search()
    [case] = draw("dev", 1, seed=2, history_turns=4)
    assert len(search(embed(case.question), 5)) == 5
