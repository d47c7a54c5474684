"""Words and pairs of words as numbers: stems, weighted by how rare they are, unit length."""

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
STEM = 4  # letters that stay, so that "sing" does not become "s"
FEWEST = 2  # sentences that have a term; what only one has, teaches that one by heart


@dataclass(frozen=True, eq=False)
class Words:
    """Terms by their column, and how much each counts."""

    columns: Mapping[str, int]
    rarity: np.ndarray  # (n,)

    def vector(self, text: str) -> np.ndarray:
        """(n,), unit length, or all zeros where no term is known."""
        values = np.zeros(len(self.columns))
        for term, n in Counter(terms(text)).items():
            if (column := self.columns.get(term)) is not None:
                values[column] = (1 + math.log(n)) * self.rarity[column]
        length = float(np.linalg.norm(values))
        return values / length if length else values


def learned(texts: Iterable[str]) -> Words:
    """The words of many texts; their order does not matter."""
    texts = list(texts)
    found = Counter(term for text in texts for term in set(terms(text)))
    kept = sorted(term for term, n in found.items() if n >= FEWEST)
    rarity = [1 + math.log((1 + len(texts)) / (1 + found[term])) for term in kept]
    return Words({term: column for column, term in enumerate(kept)}, np.array(rarity))


def terms(text: str) -> list[str]:
    """Stems, and each with the one behind it."""
    stems = [_stem(word) for word in TERM.findall(text.lower())]
    return stems + [f"{a} {b}" for a, b in itertools.pairwise(stems)]


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM:
            return word.removesuffix(ending)
    return word
