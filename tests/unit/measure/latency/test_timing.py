import pytest

from harness.assistant import Answer, Done, Question, Token
from harness.measure.latency.timing import time_request
from tests.fakes import Scripted, saying


def test_ttft_is_the_first_text_that_is_not_empty():
    one = time_request(Scripted(Token(""), Token("hi"), Done(Answer("hi"))), Question("?"))
    assert one.ttft_ms is not None and one.ttft_ms <= one.e2e_ms
    assert one.answer.text == "hi"


def test_no_text_no_ttft():
    assert time_request(Scripted(Token(""), Done(Answer(""))), Question("?")).ttft_ms is None


def test_what_comes_after_done_is_not_waited_for():
    assistant = saying("hi")
    assistant.events += (Token("late"),)
    assert time_request(assistant, Question("?")).answer.text == "hi"


def test_a_stream_without_done_is_named():
    with pytest.raises(RuntimeError, match="no Done"):
        time_request(Scripted(Token("a")), Question("?"))
