r"""The pattern language of the rubric: phrases with word classes and gaps, compiled to regular expressions.

    stream* ~ (token*|answer*)      a word that begins with "stream", at most 5 words, then one of these
    <small> <model>                 classes of words from the lexicon, side by side
    <not> ~~ <total>                at most 12 words between
    [<draft>, <verify>, !<fine>]    a list: all of them in any order, and none of those with "!"

A space stands for whatever is between two words, ` ?` for that or nothing, `*` for the rest of a word; all
else is a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from harness.errors import PlainError

Source = str | list[str]  # as written in the rubric
Span = tuple[int, int]

SHORT_GAP, LONG_GAP = 5, 12  # words: within a phrase; within a clause
CLASS = re.compile(r"<(\w+)>")
STAR = re.compile(r"(?<!\\.)(?<=\w)\*")  # after a letter of a word; after a bracket it repeats
MARKS = re.compile(r"(\)\?)?( ~~ | ~ | \?| )")


class PatternError(PlainError):
    """A pattern in the rubric that cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """All of `parts` somewhere in a text, none of `absent`."""

    parts: tuple[re.Pattern[str], ...]
    absent: tuple[re.Pattern[str], ...] = ()

    def spans(self, text: str) -> tuple[Span, ...] | None:
        """Where each part was found first; None when the text does not match."""
        found = []
        for part in self.parts:
            match = part.search(text)
            if match is None:
                return None
            found.append(match.span())
        return None if any(part.search(text) for part in self.absent) else tuple(found)


def any_span(patterns: Sequence[Pattern], text: str) -> tuple[Span, ...] | None:
    """Where the first of several patterns matches."""
    return next(filter(None, (pattern.spans(text) for pattern in patterns)), None)


@dataclass(frozen=True)
class Lexicon:
    """Named classes of words, each a list of phrases in the pattern language."""

    classes: Mapping[str, Sequence[str]]

    def compile(self, source: Source) -> Pattern:
        """The pattern of one entry. Raises PatternError, naming the entry."""
        items = [source] if isinstance(source, str) else source
        wanted = tuple(self._regex(item) for item in items if not item.startswith("!"))
        unwanted = tuple(self._regex(item[1:]) for item in items if item.startswith("!"))
        if not wanted:
            raise PatternError(f"The pattern {source!r} wants nothing: give it a phrase.")
        return Pattern(wanted, unwanted)

    def _regex(self, phrase: str) -> re.Pattern[str]:
        try:
            return compiled(self._expanded(phrase))
        except re.error as error:
            raise PatternError(f"The pattern {phrase!r} does not compile ({error}).") from error

    def _expanded(self, phrase: str, depth: int = 0) -> str:
        def words(match: re.Match[str]) -> str:
            if match[1] not in self.classes or depth > 5:
                raise PatternError(f"The pattern {phrase!r} names no class of the lexicon.")
            listed = (self._expanded(entry, depth + 1) for entry in self.classes[match[1]])
            return f"(?:{'|'.join(listed)})"

        # Signs first: what a class expands to has been translated already.
        pieces = CLASS.split(phrase)
        for number in range(0, len(pieces), 2):
            pieces[number] = _translated(pieces[number])
        names = (CLASS.sub(words, f"<{name}>") for name in pieces[1::2])
        return "".join(
            part for pair in zip(pieces[::2], [*names, ""], strict=True) for part in pair
        )


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """Whole words, case ignored; one object for equal expressions."""
    return re.compile(rf"(?<![\w])(?:{expression})(?![\w])", re.IGNORECASE)


def _translated(phrase: str) -> str:
    """Stars and spaces as regular expressions."""
    return MARKS.sub(_between, STAR.sub(r"\\w*", phrase))


def _between(mark: re.Match[str]) -> str:
    optional, sign = mark[1] or "", mark[2]
    if sign == " ?":
        return rf"{optional}\W*"
    # After an optional word there may be nothing left between: the space before it has been read.
    space = r"(?:\W+|(?<=\W))" if optional else r"\W+"
    gap = {" ": 0, " ~ ": SHORT_GAP, " ~~ ": LONG_GAP}[sign]
    return optional + space + (rf"(?:\w+\W+){{0,{gap}}}?" if gap else "")
