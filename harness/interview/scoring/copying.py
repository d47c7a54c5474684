"""Detection of copied text: the question, the interviewer's words, a card, or the rubric itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from harness.interview.scoring.rubric import Rubric

GRAM = 4  # words in an n-gram; sequences of four that cover most of a sentence are no coincidence
# A sentence is a copy if n-grams of the sources cover WHOLE of its words, or SHARE and at least LONG words.
SHARE, LONG = 0.6, 6
WHOLE = 0.85
MIN_WORDS = 5  # a shorter sentence is compared as a whole
EXAMPLE_WORDS = 12  # a shorter example may be the candidate's own words

MAIN_QUESTION = (
    "Your AI feature is too slow: users wait 3-4 seconds. Product wants it under 500 ms. "
    "How do you approach this?"
)
SHORTER = "Your AI feature is too slow: users wait 3-4 s, product wants under 500 ms."

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """N-grams of texts that earn nothing when they are repeated.

    said: n-grams of what was said in the interview, and of the rubric's statements.
    phrases: sequences of 3 and 4 words from the rubric, for sentences of fewer than MIN_WORDS words.
    examples: n-grams of the rubric's examples.
    """

    said: frozenset[Gram]
    phrases: frozenset[Gram] = frozenset()
    examples: frozenset[Gram] = frozenset()

    def copied(self, text: str) -> bool:
        """Return True if most of a sentence stands in one of the sources."""
        words = _words(text)
        if len(words) < MIN_WORDS:
            return tuple(words) in self.phrases
        said, example = _coverage(words, self.said), _coverage(words, self.examples)
        return (
            said >= WHOLE
            or (said >= SHARE and said * len(words) >= LONG)
            or (len(words) >= EXAMPLE_WORDS and example >= WHOLE)
        )


def sources(rubric: Rubric, texts: Iterable[str] = (), with_rubric: bool = True) -> Sources:
    """Return the sources: the main question, what the interviewer said, and the rubric.

    with_rubric: False while the rubric's own examples are being checked.
    """
    says, phrases, examples = _rubric_grams(rubric) if with_rubric else (frozenset(),) * 3
    spoken = frozenset(gram for text in texts for gram in _grams(text))
    return Sources(says | spoken | main_question().said, phrases, examples)


@cache
def main_question() -> Sources:
    """Return the main question alone, in both its wordings, as a source."""
    return Sources(frozenset((*_grams(MAIN_QUESTION), *_grams(SHORTER))))


@cache
def _rubric_grams(rubric: Rubric) -> tuple[frozenset[Gram], frozenset[Gram], frozenset[Gram]]:
    entries = (*rubric.expectations, *rubric.misconceptions)
    says = frozenset(gram for entry in entries for gram in _grams(entry.says))
    examples = frozenset(
        gram for entry in rubric.expectations for text in entry.examples for gram in _grams(text)
    )
    phrases = frozenset(gram for e in entries for n in (3, GRAM) for gram in _grams(e.says, n))
    return says, phrases, examples


def _grams(text: str, size: int = GRAM) -> list[Gram]:
    words = _words(text)
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _coverage(words: list[str], grams: frozenset[Gram]) -> float:
    """Return the share of words that are part of one of the n-grams."""
    covered: set[int] = set()
    for start in range(len(words) - GRAM + 1):
        if tuple(words[start : start + GRAM]) in grams:
            covered.update(range(start, start + GRAM))
    return len(covered) / len(words)
