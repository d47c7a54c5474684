"""TF-IDF vectors of unit length over stems and pairs of stems."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

TERM = re.compile(r"[a-z]+|\d+")
ENDINGS = ("ations", "ation", "ings", "ing", "ed", "es", "er", "ly", "s")
STEM = 4  # minimum letters of a stem, so that "sing" does not become "s"
# Minimum number of texts with a term; with 2, the file is twice as large and no better in new voices.
MIN_TEXTS = 3


@dataclass(frozen=True, eq=False)
class TfidfVocabulary:
    """A TF-IDF vocabulary: the column of each term, and its inverse document frequency."""

    columns: Mapping[str, int]
    rarity: np.ndarray  # (n,)

    def vector(self, text: str) -> np.ndarray:
        """Return the vector of a text, (n,): unit length, or all zeros if no term is known."""
        values = np.zeros(len(self.columns))
        for term, n in Counter(terms(text)).items():
            if (column := self.columns.get(term)) is not None:
                values[column] = (1 + math.log(n)) * self.rarity[column]
        length = float(np.linalg.norm(values))
        return values / length if length else values

    def known(self, text: str) -> float:
        """Return the share of the words of a text whose stems are known; 1 if it has none."""
        stems = [_stem(word) for word in TERM.findall(text.lower())]
        return sum(stem in self.columns for stem in stems) / len(stems) if stems else 1.0


def fit_vocabulary(texts: Iterable[str]) -> TfidfVocabulary:
    """Return the vocabulary of texts, in any order."""
    texts = list(texts)
    counts = Counter(term for text in texts for term in set(terms(text)))
    frequent = sorted(term for term, n in counts.items() if n >= MIN_TEXTS)
    rarity = [1 + math.log((1 + len(texts)) / (1 + counts[term])) for term in frequent]
    return TfidfVocabulary({term: column for column, term in enumerate(frequent)}, np.array(rarity))


def terms(text: str) -> list[str]:
    """Return the stems of a text and all pairs of neighbouring stems."""
    stems = [_stem(word) for word in TERM.findall(text.lower())]
    return stems + [f"{a} {b}" for a, b in itertools.pairwise(stems)]


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM:
            return word.removesuffix(ending)
    return word
