import threading

import pytest

from harness.assistant import Question
from harness.errors import WrongUseError
from harness.labs.architecture.background_load import background_load
from tests.fakes import saying

TIMEOUT_S = 10.0


def test_requests_are_sent_until_the_block_ends_and_not_after():
    enough, ids = threading.Event(), []

    class Logging:
        def stream(self, question):
            ids.append(question.id)
            if len(ids) >= 5:
                enough.set()
            yield from saying("yes").events

    with background_load(Logging, [Question("a", "1"), Question("b", "2")], per_s=500) as asked:
        assert enough.wait(TIMEOUT_S)
    after = len(asked)
    assert [question.id for question in asked[:4]] == ["1", "2", "1", "2"]
    assert not any(thread.name.startswith("background") for thread in threading.enumerate())
    assert len(asked) == after


def test_their_errors_are_ignored():
    tried = threading.Event()

    class Broken:
        def stream(self, question):
            tried.set()
            raise OSError("gone")

    with background_load(Broken, [Question("a")], per_s=500):
        assert tried.wait(TIMEOUT_S)


@pytest.mark.parametrize(("questions", "per_s"), [([], 1.0), ([Question("a")], 0.0)])
def test_no_questions_or_no_rate_is_an_error(questions, per_s):
    with (
        pytest.raises(WrongUseError, match="above 0"),
        background_load(Question, questions, per_s),
    ):
        pass
