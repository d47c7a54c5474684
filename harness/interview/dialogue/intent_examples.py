"""Kernel ridge regression from labelled example questions to topics, over meaning and words.

MiniLM's vector says what a question is about. Its words tell the rest: "is it the cache?" wants a guess
confirmed, "is there a cache?" wants data, and their vectors are nearly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.interview.scoring import linear_model
from harness.interview.scoring.words import TfidfVocabulary, fit_vocabulary

# Chosen on the examples themselves, by cross-validation over voices.
# Exponent of the cosine, mapped to 0..1: near examples count most, and many distant ones together a little.
POWER = 3
WORDS, CONSTANT = 0.5, 0.25  # kernel weights, with 1 for meaning: shared words, and an intercept
DECIMALS = 3  # of a score; differences between machines are far smaller


@dataclass(frozen=True, eq=False)
class TopicRegression:
    """A fitted regression.

    words: the vocabulary, `terms` long. meanings: (n, d), unit norm. by_meaning: (n, topics);
    by_words: (terms, topics); intercept: (topics,).
    """

    words: TfidfVocabulary
    meanings: np.ndarray
    by_meaning: np.ndarray
    by_words: np.ndarray
    intercept: np.ndarray

    def scores(self, text: str, meaning: np.ndarray) -> np.ndarray:
        """Return (topics,) scores: near +1 for the topic of a text, near -1 for others.

        meaning: (d,), the text's vector.
        """
        near = _kernel(self.meanings @ meaning.astype(np.float64))
        shared = self.words.vector(text) @ self.by_words
        return np.round(near @ self.by_meaning + WORDS * shared + self.intercept, DECIMALS)


def fit(texts: Sequence[str], meanings: np.ndarray, owners: np.ndarray) -> TopicRegression:
    """Fit the regression. meanings: (n, d), unit norm; owners: (n,), the topic number of each text."""
    words, meanings = fit_vocabulary(texts), meanings.astype(np.float64)
    terms = np.stack([words.vector(text) for text in texts])
    gram = _kernel(meanings @ meanings.T) + WORDS * terms @ terms.T + CONSTANT
    weights = linear_model.kernel_ridge(gram, owners)
    intercept = CONSTANT * weights.sum(axis=0)
    return TopicRegression(words, meanings, weights, terms.T @ weights, intercept)


def _kernel(cosines: np.ndarray) -> np.ndarray:
    return ((1 + cosines) / 2) ** POWER
