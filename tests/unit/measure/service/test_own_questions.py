"""A user's questions: what is read, what is left out, and what is right."""

import pytest

from harness.errors import WrongUseError
from harness.measure.service.own_questions import OwnQuestion, halden_questions, read_questions

LINES = {
    "{": "Line 2",
    "[]": "Line 2",
    '{"text": " "}': "text: ",
    '{"fact": "24"}': "text: ",
    '{"text": "a", "fact": " "}': "fact: ",
    '{"text": "a", "regex": "("}': "regex: ",
    '{"text": "a", "expected": "b"}': "expected: ",
    '{"text": "a\ud800"}': "Line 2",
    '{"text": "a", "reference": "…"}': "reference: ",
    '{"text": "a", "fact": "24", "regex": "24"}': "only one of",
}


@pytest.mark.parametrize(("line", "sentence"), LINES.items())
def test_a_bad_line_is_named_by_its_number_and_the_rest_goes_on(line, sentence, tmp_path):
    path = tmp_path / "own.jsonl"
    good = b'\xef\xbb\xbf{"text": "first"}\n', b'\n\n{"text": "last", "regex": "x+"}\r\n'
    path.write_bytes(good[0] + line.encode(errors="surrogatepass") + good[1])
    own, problems = read_questions(path)
    assert [each.text for each in own] == ["first", "last"]
    (problem,) = problems
    assert "Line 2 of own.jsonl" in problem and sentence in problem and "\n" not in problem


@pytest.mark.parametrize("content", ["", "\n", "no\n"])
def test_a_file_without_a_question_is_wrong_use(content, tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text(content)
    with pytest.raises(WrongUseError, match="no question"):
        read_questions(path)
    with pytest.raises(WrongUseError, match="cannot be read"):
        read_questions(tmp_path)


@pytest.mark.parametrize(
    ("expected", "answer", "right"),
    [
        ({}, "anything", None),
        ({"fact": "24 months"}, "A 24-month warranty.", True),
        ({"fact": "24 months"}, "12 or 24 months", False),
        ({"regex": "(?i)yes|no"}, "YES!", True),
        ({"regex": "^yes"}, "oh yes", False),
        ({"reference": "It lasts 24 months."}, "24 months it lasts", True),
        ({"reference": "It lasts 24 months."}, "Nobody knows", False),
        ({"reference": "It lasts 24 months."}, "", False),
    ],
)
def test_an_answer_is_judged_by_what_was_expected(expected, answer, right):
    assert OwnQuestion(text="how long?", **expected).right(answer) is right


def test_our_questions_have_facts_and_no_conversation():
    own = halden_questions(10, seed=1)
    assert len(own) == 10 and not own[0].question.history
    assert sum(bool(each.fact) for each in own) == 9
