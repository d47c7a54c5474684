"""What labelled example questions teach about a new one: kernel ridge regression over meaning and words.

MiniLM knows what a question is about; its words know the rest: "is it the cache?" wants a guess confirmed,
"is there a cache?" wants data, and their meanings are nearly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.interview.scoring import linear_model
from harness.interview.scoring.words import Words, learned

# Chosen on the examples themselves, each voice routed by what the others teach.
POWER = 3  # of a cosine, moved to 0 to 1: near examples count most, far ones together a little
WORDS, CONSTANT = 0.5, 0.25  # weight of the words' likeness against the meaning's 1; what all share
DECIMALS = 3  # of a score: what differs between machines lies far behind


@dataclass(frozen=True, eq=False)
class Examples:
    """meanings: (n, d); by_meaning: (n, topics); by_words: (terms, topics); always: (topics,)."""

    words: Words
    meanings: np.ndarray
    by_meaning: np.ndarray
    by_words: np.ndarray
    always: np.ndarray

    def scores(self, text: str, meaning: np.ndarray) -> np.ndarray:
        """(topics,): towards +1 for the topic of a text, towards -1 for all others. meaning: (d,)."""
        near = _near(self.meanings @ meaning.astype(np.float64))
        worded = self.words.vector(text) @ self.by_words
        return np.round(near @ self.by_meaning + WORDS * worded + self.always, DECIMALS)


def learned_from(texts: Sequence[str], meanings: np.ndarray, owners: np.ndarray) -> Examples:
    """meanings: (n, d), unit norm; owners: (n,), the number of each text's topic."""
    words, meanings = learned(texts), meanings.astype(np.float64)
    terms = np.stack([words.vector(text) for text in texts])
    alike = _near(meanings @ meanings.T) + WORDS * terms @ terms.T + CONSTANT
    weights = linear_model.dual(alike, owners)
    return Examples(words, meanings, weights, terms.T @ weights, CONSTANT * weights.sum(axis=0))


def _near(cosines: np.ndarray) -> np.ndarray:
    return ((1 + cosines) / 2) ** POWER
