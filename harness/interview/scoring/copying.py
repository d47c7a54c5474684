"""What is only said again: the question, the interviewer's words, a card's text, the rubric itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from harness.interview.scoring.rubric import Rubric

GRAM = 4  # words: four in a row, most of the sentence long, are no accident
SHARE, LONG = 0.6, 6  # of a sentence's words, if they are this many
WHOLE = 0.85  # of a shorter one's
MIN_WORDS = 5
EXAMPLE_WORDS = 12  # a short example may be anybody's own words

MAIN_QUESTION = (
    "Your AI feature is too slow: users wait 3-4 seconds. Product wants it under 500 ms. "
    "How do you approach this?"
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Word sequences of texts that earn nothing when they are repeated."""

    said: frozenset[tuple[str, ...]]
    phrases: frozenset[tuple[str, ...]] = frozenset()  # shorter than that, from the rubric alone
    examples: frozenset[tuple[str, ...]] = frozenset()

    def copied(self, text: str) -> bool:
        """True when most of a sentence stands in one of the texts."""
        words = _words(text)
        if len(words) < MIN_WORDS:
            return tuple(words) in self.phrases
        said, shown = _share(words, self.said), _share(words, self.examples)
        return (
            said >= WHOLE
            or (said >= SHARE and said * len(words) >= LONG)
            or (len(words) >= EXAMPLE_WORDS and shown >= WHOLE)
        )


def sources(rubric: Rubric, said: Iterable[str] = (), with_rubric: bool = True) -> Sources:
    """The question, what the other side said, and the rubric (unless its own examples are tried)."""
    own, phrases, examples = _of_rubric(rubric) if with_rubric else (frozenset(),) * 3
    heard = frozenset(gram for text in said for gram in _grams(text))
    return Sources(own | heard | frozenset(_grams(MAIN_QUESTION)), phrases, examples)


@cache
def main_question() -> Sources:
    """The main question alone."""
    return Sources(frozenset(_grams(MAIN_QUESTION)))


@cache
def _of_rubric(rubric: Rubric) -> tuple[frozenset[tuple[str, ...]], ...]:
    entries = (*rubric.expectations, *rubric.misconceptions)
    says = frozenset(gram for entry in entries for gram in _grams(entry.says))
    examples = frozenset(
        gram for entry in rubric.expectations for text in entry.examples for gram in _grams(text)
    )
    phrases = frozenset(gram for e in entries for n in (3, GRAM) for gram in _grams(e.says, n))
    return says, phrases, examples


def _grams(text: str, size: int = GRAM) -> list[tuple[str, ...]]:
    words = _words(text)
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _share(words: list[str], known: frozenset[tuple[str, ...]]) -> float:
    """The share of words that stand in a known sequence."""
    covered: set[int] = set()
    for start in range(len(words) - GRAM + 1):
        if tuple(words[start : start + GRAM]) in known:
            covered.update(range(start, start + GRAM))
    return len(covered) / len(words)
