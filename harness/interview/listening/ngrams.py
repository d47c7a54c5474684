"""TF-IDF over stems and pairs of stems, and over pieces of words of two to four letters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from harness.interview.scoring.words import terms as words

Split = Callable[[str], list[str]]  # text -> terms
LETTERS = (2, 3, 4)  # letters of a piece
MIN_TEXTS = 2  # with a term: one of a single text would only memorise that text
WORD = re.compile(r"\w+|[?!%]")
REMEMBERED = 256  # texts: the parts of one turn

__all__ = ["Vocabulary", "fit_vocabulary", "letters", "words"]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The terms of `split`, and their inverse document frequency, (n,)."""

    split: Split
    columns: Mapping[str, int]
    rarity: np.ndarray

    @classmethod
    def of(cls, split: Split, terms: Sequence[str], rarity: np.ndarray) -> Vocabulary:
        """Return the vocabulary of these terms, in this order."""
        return cls(split, {str(term): column for column, term in enumerate(terms)}, rarity)

    @property
    def terms(self) -> list[str]:
        return list(self.columns)

    def project(self, text: str, weights: np.ndarray) -> np.ndarray:
        """Return the text's unit vector times `weights`, (n, labels); zeros if no term is known."""
        columns, values = self._row(text)
        return values @ weights[columns]

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return the texts' unit vectors, (texts, n)."""
        rows = [self._row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return sparse.csr_matrix((values, columns, ends), (len(texts), len(self.columns)))

    def _row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        counts = _counts(self.split, text)
        known = [(self.columns[term], n) for term, n in counts if term in self.columns]
        columns = np.array([column for column, _ in known], dtype=int)
        values = np.array([1 + math.log(n) for _, n in known]) * self.rarity[columns]
        length = float(np.linalg.norm(values))
        return columns, values / length if length else values


def fit_vocabulary(split: Split, texts: Sequence[str]) -> Vocabulary:
    """Return the vocabulary of the terms that at least two texts share."""
    counts = Counter(term for text in texts for term in set(split(text)))
    frequent = sorted(term for term, n in counts.items() if n >= MIN_TEXTS)
    rarity = [1 + math.log((1 + len(texts)) / (1 + counts[term])) for term in frequent]
    return Vocabulary.of(split, frequent, np.array(rarity))


@lru_cache(REMEMBERED)
def _counts(split: Split, text: str) -> tuple[tuple[str, int], ...]:
    """Return each term of a text with its number; several vocabularies ask for the same text."""
    return tuple(Counter(split(text)).items())


def letters(text: str) -> list[str]:
    """Return the pieces of each word, with a space at its ends."""
    return list(_pieces(text.lower()))


def _pieces(text: str) -> Iterator[str]:
    for word in WORD.findall(text):
        padded = f" {word} "
        for n in LETTERS:
            yield from (padded[i : i + n] for i in range(max(1, len(padded) - n + 1)))
