"""Guards: rules that withhold credit from a sentence that has the right words.

A word list cannot tell "cache the answers" from "never cache the answers", from a question about caches, or
from a list of all known techniques. Each guard checks one such case. Its words, with comments on what it is
for, are in `content/rubric/guards.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from harness.interview.scoring.patterns import Lexicon, Pattern, Span, any_span
from harness.interview.scoring.sentences import WORD

Words = str | tuple[str, ...]
BARE_WORDS = 3  # most words in the name of a technique
REMEMBERED = 10_000  # answers of guards: each expectation asks them about the same sentences
# Guards that are not plain lists of patterns.
COMPILED_APART = ("denies_after", "gives_up", "denies_before", "ends_sign", "function_words")


class DenialEntry(BaseModel):
    """Words that deny what follows or precedes them by at most `reach` words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reach: int
    words: tuple[str, ...]


class GuardsEntry(BaseModel):
    """The guards as written in the content file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    denies_after: tuple[DenialEntry, ...]
    gives_up: DenialEntry
    for_what: str
    denies_before: DenialEntry
    condition: str
    harmless: Words
    ends_sign: str
    ends_word: Words
    wrong_way: Words
    hedge: str
    ignorant: Words
    topical: Words
    asks_for_facts: Words
    proposes: Words
    recites: Words
    about_the_scoring: Words
    distanced: Words
    denial: str
    takes_back: str
    carries_on: str
    tied: Words
    function_words: str


@dataclass(frozen=True)
class Denial:
    """A compiled DenialEntry."""

    reach: int
    words: re.Pattern[str]


@dataclass(frozen=True, eq=False)
class Guards:
    """All guards of a rubric, compiled. patterns: those of the other guards, by the guard's name."""

    denies_after: tuple[Denial, ...]
    gives_up: Denial
    denies_before: Denial
    patterns: dict[str, tuple[Pattern, ...]]
    ends_sign: re.Pattern[str]
    function_words: frozenset[str]

    @lru_cache(REMEMBERED)  # noqa: B019  # the guards of one rubric live as long as the process
    def says(self, guard: str, text: str) -> bool:
        """Return True if a text matches a guard, such as "ignorant" or "about_the_scoring"."""
        return any_span(self.patterns[guard], text) is not None

    def negated(self, text: str, span: Span, exempt: Iterable[Span] = ()) -> bool:
        """Return True if the words at `span` are denied.

        Two denials cancel: "don't forget to cache". exempt: spans in which a denial is part of the point.
        """
        ignored = [*exempt, *self._harmless(text)]
        return sum(1 for _ in self._denials(text, span, ignored)) % 2 == 1

    def wrong_way(self, text: str, span: Span) -> bool:
        """Return True if "… makes it slower" follows a remedy at `span`, and the text names no condition."""
        spans = any_span(self.patterns["wrong_way"], text[span[1] :])
        return spans is not None and spans[0][0] <= 2 and not self.says("hedge", text)

    def recites(self, text: str) -> bool:
        """Return True for a list of known techniques that proposes none of them."""
        return self.says("recites", text) or not self.says("proposes", text)

    def function_share(self, texts: Sequence[str]) -> float:
        """Return the share of function words: about half in speech, next to none in a list."""
        words = [word for text in texts for word in WORD.findall(text.lower())]
        return sum(word in self.function_words for word in words) / len(words) if words else 0.0

    def bare(self, text: str) -> bool:
        """Return True for a name standing alone: "Semantic caching."."""
        words = WORD.findall(text.lower())
        spoken = any(word in self.function_words or word[0].isdigit() for word in words)
        return len(words) <= BARE_WORDS and not spoken

    def _denials(self, text: str, span: Span, ignored: Sequence[Span]) -> Iterable[Span]:
        """Yield the spans of the words that deny `span`: those before it, then at most one after it."""
        for denial in (*self.denies_after, self.gives_up):
            for match in denial.words.finditer(text, 0, span[0]):
                between = text[match.end() : span[0]]
                has_successor = denial is self.gives_up and self._says_for_what(text, between, span)
                if (
                    not has_successor
                    and not _overlaps(match.span(), ignored)
                    and self._near(between, denial)
                ):
                    yield match.span()
        after = self.denies_before.words.search(text, span[1])
        if (
            after
            and not _overlaps(after.span(), ignored)
            and not self._conditional(text, after.end())
        ):
            between = text[span[1] : after.start()]
            if self._near(between, self.denies_before):
                yield after.span()

    def _says_for_what(self, text: str, between: str, span: Span) -> bool:
        """Return True if "by" or the like shows that `span` is, or contains, what comes instead.

        That is so for Y in "replace X by Y", and for the whole phrase, but not for X.
        """
        return self.says("for_what", between) or self.says("for_what", text[slice(*span)])

    def _conditional(self, text: str, end: int) -> bool:
        """Return True if a condition follows directly: "does not help for short answers"."""
        spans = any_span(self.patterns["condition"], text[end:])
        return spans is not None and spans[0][0] <= 1

    def _near(self, between: str, denial: Denial) -> bool:
        """Return True if a denial reaches across the words `between` it and what it denies."""
        ended = self.ends_sign.search(between) or self.says("ends_word", between)
        return len(WORD.findall(between)) <= denial.reach and not ended

    def _harmless(self, text: str) -> Iterable[Span]:
        for pattern in self.patterns["harmless"]:
            yield from (match.span() for match in pattern.parts[0].finditer(text))


def guards(entry: GuardsEntry, lexicon: Lexicon) -> Guards:
    """Return the compiled guards. Raises PatternError."""
    patterns = {
        name: tuple(map(lexicon.compile, [words] if isinstance(words, str) else words))
        for name, words in entry
        if name not in COMPILED_APART
    }

    def compiled(denial: DenialEntry) -> Denial:
        alternatives = f"({'|'.join(denial.words)})"
        return Denial(denial.reach, lexicon.compile(alternatives).parts[0])

    return Guards(
        tuple(map(compiled, entry.denies_after)),
        compiled(entry.gives_up),
        compiled(entry.denies_before),
        patterns,
        re.compile(entry.ends_sign),
        frozenset(entry.function_words.split()),
    )


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
