"""The tokens of learners' code, which need not be Python and may be made to keep a tokenizer busy."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

# Characters: ten times the longest line of a lab. Python 3.11 takes a time that grows with the square.
LONGEST_LINE = 1_000
QUOTES = ("'", '"')


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens before the first error; a line of more than LONGEST_LINE characters counts as empty.

    Raises tokenize.TokenError or SyntaxError at the error.
    """
    for token in tokenize.generate_tokens(io.StringIO(without_long_lines(source)).readline):
        # Python 3.12 raises here. 3.11 would read the rest of the line again for every quote in it.
        if token.type == tokenize.ERRORTOKEN and token.string.startswith(QUOTES):
            raise tokenize.TokenError("unterminated string", token.start)
        yield token


def without_long_lines(source: str) -> str:
    """Return `source` with an empty line in the place of each of more than LONGEST_LINE characters."""
    lines = source.split("\n")  # what the tokenizer takes for a line
    return "\n".join(line if len(line) <= LONGEST_LINE else "" for line in lines)
