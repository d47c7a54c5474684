"""Kernel ridge regression from labelled examples to labels, over meaning, words, letters, signs, situation.

MiniLM's vector says what a sentence is about. Its words tell "is it the cache?" from "is there a cache?", its
letters bridge misspellings, and its signs are authored patterns: evidence beside the examples, never a door.
What the interviewer had said makes some labels likelier, and an example from the same case counts more than
one from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
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
# Chosen by cross-validation over voices: the weight of what was said before, and by how much more an example
# of the same case counts.
BEFORE, SAME_CASE = 0.6, 1.0
DECIMALS = 3  # of a score; differences between machines are far smaller
REMEMBERED = 64  # scores: those of one turn


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """Words and their situation.

    meaning: (d,), the vector of the words; signs: (s,); before: (d,), the vector of the interviewer's last
    words, None if there are none; case: the scenario's id, or "".
    """

    text: str
    meaning: np.ndarray
    signs: np.ndarray
    before: np.ndarray | None = None
    case: str = ""


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled examples. targets: (n, labels), +1 or -1; signs: (n, s).

    befores: what the interviewer had said, or ""; cases: scenario ids, or "".
    """

    texts: tuple[str, ...]
    targets: np.ndarray
    signs: np.ndarray
    befores: tuple[str, ...]
    cases: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return all texts whose vectors are needed."""
        return (*self.texts, *filter(None, dict.fromkeys(self.befores)))


@dataclass(frozen=True, eq=False)
class Weights:
    """The fitted weights.

    meanings: (n, d), befores: (b, d), unit norm. by_meaning: (n, labels); by_before: (b, labels); by_words,
    by_letters: (terms, labels); by_signs: (s, labels); intercept: (labels,). cases: (n,). The terms and their
    rarity are the vocabularies'.
    """

    meanings: np.ndarray
    cases: np.ndarray
    by_meaning: np.ndarray
    befores: np.ndarray
    by_before: np.ndarray
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

    @lru_cache(REMEMBERED)  # noqa: B019  # as one turn is asked about with each of its parts
    def scores(self, said: Said) -> np.ndarray:
        """Return (labels,) scores, not to be changed."""
        w = self.weights
        near = _kernel(w.meanings @ said.meaning.astype(np.float32))
        if said.case:
            near = near * (1 + SAME_CASE * (w.cases == said.case))
        total = near @ w.by_meaning + w.intercept
        if said.before is not None:
            total += BEFORE * _kernel(w.befores @ said.before.astype(np.float32)) @ w.by_before
        total += WORDS * self.words.project(said.text, w.by_words)
        total += LETTERS * self.letters.project(said.text, w.by_letters)
        return np.round(total + SIGNS * said.signs @ w.by_signs, DECIMALS)


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
        weights = _fit(given, embed)
        if path:
            _store(weights, path)
    return Regression(
        weights,
        Vocabulary.of(words, weights.words, weights.word_rarity),
        Vocabulary.of(letters, weights.letters, weights.letter_rarity),
    )


def _fit(examples: Examples, embed: Embed) -> Weights:
    meanings = embed(list(examples.texts)).astype(np.float64)
    befores, heard = _befores(examples, embed)
    cases = np.array(examples.cases)
    by_word, by_letter = (fit_vocabulary(split, examples.texts) for split in (words, letters))
    terms, pieces = by_word.matrix(examples.texts), by_letter.matrix(examples.texts)
    gram = _kernel(meanings @ meanings.T)
    gram *= 1 + SAME_CASE * ((cases[:, None] == cases) & (cases != ""))
    gram += CONSTANT + SIGNS * examples.signs @ examples.signs.T
    gram += WORDS * _dense(terms @ terms.T) + LETTERS * _dense(pieces @ pieces.T)
    gram += BEFORE * _dense(heard @ sparse.csr_matrix(_kernel(befores @ befores.T)) @ heard.T)
    found = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), examples.targets)
    return Weights(
        meanings=meanings.astype(np.float32),
        cases=cases,
        by_meaning=found,
        befores=befores.astype(np.float32),
        by_before=heard.T @ found,
        by_words=terms.T @ found,
        by_letters=pieces.T @ found,
        by_signs=examples.signs.T @ found,
        intercept=CONSTANT * found.sum(axis=0),
        words=np.array(by_word.terms),
        word_rarity=by_word.rarity,
        letters=np.array(by_letter.terms),
        letter_rarity=by_letter.rarity,
    )


def _befores(examples: Examples, embed: Embed) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Return the vectors of what was said before, (b, d), and which example follows which, (n, b)."""
    known = {
        before: column
        for column, before in enumerate(filter(None, dict.fromkeys(examples.befores)))
    }
    rows = [row for row, before in enumerate(examples.befores) if before]
    columns = [known[examples.befores[row]] for row in rows]
    shape = (len(examples.befores), len(known))
    follows = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)
    vectors = embed(list(known)) if known else np.zeros((0, len(embed(["none"])[0])))
    return vectors.astype(np.float64), follows


def _store(weights: Weights, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, **{field.name: getattr(weights, field.name) for field in fields(Weights)})


def _dense(matrix: sparse.spmatrix) -> np.ndarray:
    return np.asarray(matrix.todense())


def _kernel(cosines: np.ndarray) -> np.ndarray:
    return ((1 + cosines) / 2) ** POWER
