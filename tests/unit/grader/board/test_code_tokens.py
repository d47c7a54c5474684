"""The tokens of code that is made to keep a tokenizer busy."""

import tokenize
from contextlib import suppress

import pytest

from grader.board.code_tokens import LONGEST_LINE, tokens
from grader.board.wrong_answers import without_comments

BUSY = "'a\\"  # in Python 3.11, each of these quotes makes the tokenizer read the rest of the line


def found(source):
    texts = []
    with suppress(tokenize.TokenError, SyntaxError):
        texts.extend(token.string for token in tokens(source) if token.string.strip())
    return texts


@pytest.mark.timeout(
    20
)  # the first takes a minute of Python 3.11's own tokenizer, the second a quarter
@pytest.mark.parametrize("source", [BUSY * 25_000, f"{BUSY * 333}\n" * 800, "'\\\n" * 300_000])
def test_no_code_keeps_the_tokenizer_busy(source):
    assert len(found(source)) <= len(source)
    list(without_comments(source))


def test_a_long_line_is_left_out_and_the_others_count():
    assert found(f"x = 1\n{'y' * (LONGEST_LINE + 1)}\nz") == ["x", "=", "1", "z"]
    assert found("y" * LONGEST_LINE) == ["y" * LONGEST_LINE]


@pytest.mark.parametrize("end", ["'open", '"open', "'''open\nx"])
def test_what_comes_before_an_open_string_counts_in_every_version_of_python(end):
    assert found(f"x = {end}\ny = 2")[:2] == ["x", "="]
    assert "2" not in found(f"x = {end}\ny = 2")
