import threading

import pytest

from harness.assistant import BadQuestionError, Question, Token
from harness.labs.architecture.replicas import CancelledError, Replica
from tests.fakes import saying

QUESTION = Question("why?")


def test_a_replica_answers():
    assert Replica(saying("because it is"), QUESTION).answer().text == "because it is"


def test_a_cancelled_replica_stops_at_the_next_event_and_closes_the_stream():
    closed, begun = threading.Event(), []

    class Endless:
        def stream(self, question):
            try:
                while True:
                    begun.append(True)
                    yield Token("on and on ")
            finally:
                closed.set()

    replica = Replica(Endless(), QUESTION)
    replica.cancel()
    with pytest.raises(CancelledError):
        replica.answer()
    assert closed.is_set() and len(begun) == 1


def test_replicas_are_cancelled_one_by_one():
    first, second = (Replica(saying("yes"), QUESTION) for _ in range(2))
    first.cancel()
    assert second.answer().text == "yes"


def test_an_error_of_the_assistant_is_passed_on():
    with pytest.raises(BadQuestionError):
        Replica(saying("yes"), Question("")).answer()
