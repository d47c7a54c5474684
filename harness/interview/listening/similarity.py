"""Kernel ridge regression from labelled example sentences to labels, over meaning, words, letters and signs.

MiniLM's vector says what a sentence is about. Its words tell "is it the cache?" from "is there a cache?", its
letters bridge misspellings, and its signs are authored patterns: evidence beside the examples, never a door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy import sparse

from harness import store
from harness.interview.listening.ngrams import Vocabulary, fit_vocabulary, letters, words
from harness.interview.meanings import Embed

# Set by hand on the authors' own turns.
POWER = 3  # exponent of the cosine, mapped to 0..1: near examples count most, distant ones together a little
WORDS, LETTERS, SIGNS, CONSTANT = 0.5, 0.5, 0.3, 0.25  # kernel weights, with 1 for meaning
RIDGE = 0.3
DECIMALS = 3  # of a score; differences between machines are far smaller


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled examples. targets: (n, labels), +1 or -1; signs: (n, s)."""

    texts: tuple[str, ...]
    targets: np.ndarray
    signs: np.ndarray


@dataclass(frozen=True, eq=False)
class Weights:
    """The fitted weights.

    meanings: (n, d), unit norm. by_meaning: (n, labels); by_words, by_letters: (terms, labels);
    by_signs: (s, labels); intercept: (labels,). The terms and their rarity are the vocabularies'.
    """

    meanings: np.ndarray
    by_meaning: np.ndarray
    by_words: np.ndarray
    by_letters: np.ndarray
    by_signs: np.ndarray
    intercept: np.ndarray
    words: np.ndarray
    word_rarity: np.ndarray
    letters: np.ndarray
    letter_rarity: np.ndarray


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression; `scores` is near +1 for a label that fits, near -1 for others."""

    weights: Weights
    words: Vocabulary
    letters: Vocabulary

    def scores(self, text: str, meaning: np.ndarray, signs: np.ndarray) -> np.ndarray:
        """Return (labels,) scores. meaning: (d,), the text's vector; signs: (s,)."""
        w = self.weights
        total = _kernel(w.meanings @ meaning.astype(np.float32)) @ w.by_meaning + w.intercept
        total += WORDS * self.words.project(text, w.by_words)
        total += LETTERS * self.letters.project(text, w.by_letters)
        return np.round(total + SIGNS * signs @ w.by_signs, DECIMALS)


def regression(
    examples: Callable[[], Examples], embed: Embed, path: Path | None = None
) -> Regression:
    """Return the regression of these examples, from the file `path` if it was fitted before.

    path: must change with the examples and the embedding model; None fits anew.
    """
    if path and path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            weights = Weights(**{field.name: arrays[field.name] for field in fields(Weights)})
    else:
        given = examples()
        weights = _fit(given, embed(list(given.texts)))
        if path:
            _store(weights, path)
    return Regression(
        weights,
        Vocabulary.of(words, weights.words, weights.word_rarity),
        Vocabulary.of(letters, weights.letters, weights.letter_rarity),
    )


def _fit(examples: Examples, meanings: np.ndarray) -> Weights:
    meanings = meanings.astype(np.float64)
    by_word, by_letter = (fit_vocabulary(split, examples.texts) for split in (words, letters))
    terms, pieces = by_word.matrix(examples.texts), by_letter.matrix(examples.texts)
    gram = _kernel(meanings @ meanings.T) + CONSTANT + SIGNS * examples.signs @ examples.signs.T
    gram += WORDS * _dense(terms @ terms.T) + LETTERS * _dense(pieces @ pieces.T)
    found = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), examples.targets)
    return Weights(
        meanings=meanings.astype(np.float32),
        by_meaning=found,
        by_words=terms.T @ found,
        by_letters=pieces.T @ found,
        by_signs=examples.signs.T @ found,
        intercept=CONSTANT * found.sum(axis=0),
        words=np.array(by_word.terms),
        word_rarity=by_word.rarity,
        letters=np.array(by_letter.terms),
        letter_rarity=by_letter.rarity,
    )


def _store(weights: Weights, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, **{field.name: getattr(weights, field.name) for field in fields(Weights)})


def _dense(matrix: sparse.spmatrix) -> np.ndarray:
    return np.asarray(matrix.todense())


def _kernel(cosines: np.ndarray) -> np.ndarray:
    return ((1 + cosines) / 2) ** POWER
