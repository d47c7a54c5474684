import threading

import pytest

from harness.assistant import Question
from harness.errors import WrongUseError
from harness.labs.architecture.background_load import background_load
from tests.fakes import saying

PATIENCE_S = 10.0


def test_they_ask_until_the_block_ends_and_not_after():
    enough, seen = threading.Event(), []

    class Noting:
        def stream(self, question):
            seen.append(question.id)
            if len(seen) >= 5:
                enough.set()
            yield from saying("yes").events

    with background_load(Noting, [Question("a", "1"), Question("b", "2")], per_s=500) as asked:
        assert enough.wait(PATIENCE_S)
    after = len(asked)
    assert [question.id for question in asked[:4]] == ["1", "2", "1", "2"]
    assert not any(thread.name.startswith("neighbour") for thread in threading.enumerate())
    assert len(asked) == after


def test_their_errors_are_their_own():
    tried = threading.Event()

    class Broken:
        def stream(self, question):
            tried.set()
            raise OSError("gone")

    with background_load(Broken, [Question("a")], per_s=500):
        assert tried.wait(PATIENCE_S)


@pytest.mark.parametrize(("questions", "per_s"), [([], 1.0), ([Question("a")], 0.0)])
def test_wrong_use_is_a_sentence(questions, per_s):
    with (
        pytest.raises(WrongUseError, match="Neighbours need"),
        background_load(Question, questions, per_s),
    ):
        pass
