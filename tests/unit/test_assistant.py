import pytest

from harness.assistant import (
    MAX_QUESTION_CHARS,
    Assistant,
    BadQuestionError,
    Question,
    Token,
    ask,
    check_question,
)
from tests.fakes import Scripted, pipeline, saying


def test_ask_reads_the_stream_to_its_end():
    assert ask(saying("two words", citations=("a",)), Question("?")).citations == ("a",)


def test_a_stream_without_done_is_named():
    with pytest.raises(RuntimeError, match="no Done event"):
        ask(Scripted(Token("half")), Question("?"))


@pytest.mark.parametrize("text", ["", "   ", "\n\t "])
def test_an_empty_question_is_refused(text):
    with pytest.raises(BadQuestionError, match="empty"):
        check_question(Question(text))


def test_a_question_of_10000_characters_is_refused_with_both_numbers():
    with pytest.raises(BadQuestionError, match=r"10,000 .* 4,000"):
        check_question(Question("x" * 10_000))
    check_question(Question("ü" * MAX_QUESTION_CHARS))


def test_a_lone_surrogate_is_refused():
    with pytest.raises(BadQuestionError, match="surrogate"):
        check_question(Question("broken \ud83d emoji"))


def test_pipeline_and_wrappers_are_assistants():
    assert isinstance(pipeline(), Assistant)
