r"""The pattern language of the rubric: phrases with word classes and gaps, compiled to regular expressions.

    stream* ~ (token*|answer*)      a word that begins with "stream", at most 5 words, then one of these
    <small> <model>                 classes of words from the lexicon, side by side
    <not> ~~ <total>                at most 12 words between
    [<draft>, <verify>, !<fine>]    a list: all of them in any order, and none of those with "!"

A space matches the signs and spaces between two words, ` ?` the same or nothing, and `*` the rest of a word.
Everything else is a regular expression.
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
# Only a star after a letter means the rest of a word; after a bracket it is the star of regular expressions.
STAR = re.compile(r"(?<!\\.)(?<=\w)\*")
MARKS = re.compile(r"(\)\?)?( ~~ | ~ | \?| )")
MAX_NESTING = 5  # of classes within classes; more is a cycle


class PatternError(PlainError):
    """A pattern in the rubric that cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Expressions that a text must contain (`parts`) and must not contain (`absent`)."""

    parts: tuple[re.Pattern[str], ...]
    absent: tuple[re.Pattern[str], ...] = ()

    def spans(self, text: str) -> tuple[Span, ...] | None:
        """Return the span of the first match of each part; None if the text does not match."""
        spans = []
        for part in self.parts:
            match = part.search(text)
            if match is None:
                return None
            spans.append(match.span())
        return None if any(part.search(text) for part in self.absent) else tuple(spans)


def any_span(patterns: Sequence[Pattern], text: str) -> tuple[Span, ...] | None:
    """Return the spans of the first pattern that matches; None if none does."""
    return next(filter(None, (pattern.spans(text) for pattern in patterns)), None)


@dataclass(frozen=True)
class Lexicon:
    """Named classes of words, each a list of phrases in the pattern language."""

    classes: Mapping[str, Sequence[str]]

    def compile(self, source: Source) -> Pattern:
        """Return the compiled pattern of an entry. Raises PatternError, naming the entry."""
        phrases = [source] if isinstance(source, str) else source
        parts = tuple(self._regex(phrase) for phrase in phrases if not phrase.startswith("!"))
        absent = tuple(self._regex(phrase[1:]) for phrase in phrases if phrase.startswith("!"))
        if not parts:
            raise PatternError(
                f'The pattern {source!r} only excludes: add a phrase without "!" in front.'
            )
        return Pattern(parts, absent)

    def _regex(self, phrase: str) -> re.Pattern[str]:
        try:
            return compiled(self._expanded(phrase))
        except re.error as error:
            raise PatternError(f"The pattern {phrase!r} does not compile ({error}).") from error

    def _expanded(self, phrase: str, depth: int = 0) -> str:
        def alternatives(match: re.Match[str]) -> str:
            if match[1] not in self.classes or depth > MAX_NESTING:
                raise PatternError(
                    f"The pattern {phrase!r} uses <{match[1]}>: the lexicon has no such class, or its "
                    "classes contain each other."
                )
            words = (self._expanded(entry, depth + 1) for entry in self.classes[match[1]])
            return f"(?:{'|'.join(words)})"

        # Translate the text around the classes only: what a class expands to is a regular expression already.
        pieces = CLASS.split(phrase)
        for number in range(0, len(pieces), 2):
            pieces[number] = _translated(pieces[number])
        names = (CLASS.sub(alternatives, f"<{name}>") for name in pieces[1::2])
        return "".join(
            part for pair in zip(pieces[::2], [*names, ""], strict=True) for part in pair
        )


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """Return the expression for whole words, ignoring case; cached, because entries repeat."""
    return re.compile(rf"(?<![\w])(?:{expression})(?![\w])", re.IGNORECASE)


def _translated(phrase: str) -> str:
    """Return the phrase with stars and spaces as regular expressions."""
    return MARKS.sub(_between, STAR.sub(r"\\w*", phrase))


def _between(mark: re.Match[str]) -> str:
    """Return the regular expression of a space or gap, with the ")?" of an optional word before it."""
    optional, sign = mark[1] or "", mark[2]
    if sign == " ?":
        return rf"{optional}\W*"
    # If an optional word is absent, the space before it was matched already, and none is left to match.
    space = r"(?:\W+|(?<=\W))" if optional else r"\W+"
    gap = {" ": 0, " ~ ": SHORT_GAP, " ~~ ": LONG_GAP}[sign]
    return optional + space + (rf"(?:\w+\W+){{0,{gap}}}?" if gap else "")
