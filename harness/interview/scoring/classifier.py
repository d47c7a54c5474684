"""What a sentence sounds like: linear readings of its meaning and its words, two for each expectation.

MiniLM's vector knows what a sentence is about, and hardly what it says of it; its words know the rest a
little. `about` says which expectation it is about, `stance` on which side of it: a contradiction has the
right subject and the wrong words. Both are ridge regressions on the rubric's own labelled sentences, solved
in closed form: the same content gives the same weights. They propose and doubt; patterns and guards decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from harness import store
from harness.interview.scoring import linear_model
from harness.interview.scoring.rubric import FOLDER, Rubric
from harness.interview.scoring.words import Words, learned

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), float32, unit norm

WORDS, CONSTANT = (
    0.7,
    0.5,
)  # weight of the words against the meaning's 1, and of what is always there
DECIMALS = 3  # of a score: what differs between machines lies far behind
SHIPPED = (
    FOLDER / "classifier.npz"
)  # weights for the shipped content, so that nobody waits for them


@dataclass(frozen=True, slots=True)
class Scores:
    """How a sentence sounds to one expectation: about it above 0; for it above 0, against it below."""

    about: float
    stance: float


@dataclass(frozen=True, eq=False)
class SentenceClassifier:
    """about, stance: (expectations, f) weights for features of length f; see `ridge`."""

    embed: Embed
    words: Words
    names: tuple[str, ...]
    about: np.ndarray
    stance: np.ndarray

    def score(self, text: str) -> Mapping[str, Scores]:
        """By expectation. A text is embedded on its own: padding costs more than it saves."""
        features = _features(text, self.embed, self.words)
        both = (np.round(w @ features, DECIMALS).tolist() for w in (self.about, self.stance))
        return {name: Scores(*pair) for name, *pair in zip(self.names, *both, strict=True)}


def top_label(heard: Mapping[str, Scores]) -> str:
    """The expectation that a text is most about."""
    return max(heard, key=lambda name: heard[name].about)


def lessons(rubric: Rubric) -> Iterator[tuple[str, frozenset[str]]]:
    """Every sentence of the rubric with the expectations that it shows."""
    for expectation in rubric.expectations:
        own = frozenset({expectation.id})
        yield from ((text, own) for text in (expectation.says, *expectation.examples))
    yield from ((text, frozenset()) for text, _ in objections(rubric))
    yield from rubric.sentences


def objections(rubric: Rubric) -> Iterator[tuple[str, str]]:
    """Every sentence of the rubric that is about an expectation and does not say it, with the expectation."""
    for expectation in rubric.expectations:
        yield from ((text, expectation.id) for text in expectation.counterexamples)
    for misconception in rubric.misconceptions:
        for name in misconception.denies:
            yield from ((text, name) for text in misconception.examples)
    yield from rubric.contrary


def fitted(rubric: Rubric, embed: Embed) -> SentenceClassifier:
    """The hearing learned from a rubric; half a minute on one core, most of it MiniLM."""
    names = tuple(e.id for e in rubric.expectations)
    shown, against = list(lessons(rubric)), list(objections(rubric))
    words = learned(text for text, _ in shown)
    features = {text: _features(text, embed, words) for text, _ in shown}
    about = linear_model.about(
        np.stack([features[text] for text, _ in shown]),
        np.array([[name in one for name in names] for _, one in shown]),
    )
    sides = [(text, name, 1) for text, one in shown for name in sorted(one)]
    sides += [(text, name, -1) for text, name in against]
    stance = linear_model.stance(
        np.stack([features[text] for text, *_ in sides]),
        np.array([names.index(name) for _, name, _ in sides]),
        np.array([side for *_, side in sides]),
        len(names),
    )
    return SentenceClassifier(embed, words, names, about, stance)


def minilm(rubric: Rubric) -> SentenceClassifier:
    """The hearing under MiniLM: shipped, or learned once and kept. Raises StoreError without the model."""
    return _minilm(rubric, SHIPPED)


def ship(rubric: Rubric) -> Path:
    """Learns the weights for the content as it is now and writes them beside it."""
    from harness.models.catalog import MINILM
    from harness.models.engines.embedding import embedder

    _write(SHIPPED, fitted(rubric, embedder()), _key(rubric, MINILM.sha256))
    return SHIPPED


def fresh(rubric: Rubric) -> bool:
    """True when the shipped weights were learned from this content."""
    from harness.models.catalog import MINILM

    return _read(SHIPPED, _key(rubric, MINILM.sha256)) is not None


def learned_before(rubric: Rubric) -> bool:
    """True when the weights for this content are there, shipped or kept."""
    from harness.models.catalog import MINILM

    return fresh(rubric) or store.intact(_kept(_key(rubric, MINILM.sha256)))


@cache
def _minilm(rubric: Rubric, shipped: Path) -> SentenceClassifier:
    from harness.models.catalog import MINILM
    from harness.models.engines.embedding import embedder

    key, embed = _key(rubric, MINILM.sha256), embedder()
    weights = _read(shipped, key)
    if weights is None:
        kept = _kept(key)
        if not store.intact(kept):
            with store.written(kept) as part:
                _write(part, fitted(rubric, embed), key)
        weights = _read(kept, key)
    words = learned(text for text, _ in lessons(rubric))
    return SentenceClassifier(embed, words, tuple(e.id for e in rubric.expectations), *weights)


def _write(path: Path, classifier: SentenceClassifier, key: str) -> None:
    """Half precision: the fourth digit of a weight decides nothing."""
    weights = {n: getattr(classifier, n).astype(np.float16) for n in ("about", "stance")}
    with path.open("wb") as file:
        np.savez_compressed(file, key=np.array(key), **weights)


def _read(path: Path, key: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights in a file, when they were learned from this content with this model."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        if str(file["key"]) != key:
            return None
        return file["about"].astype(np.float64), file["stance"].astype(np.float64)


def _kept(key: str) -> Path:
    return store.home() / "interview" / f"classifier-{key[:16]}.npz"


def _key(rubric: Rubric, model: str) -> str:
    return f"{rubric.sha256[:32]}{model[:32]}"


def _features(text: str, embed: Embed, words: Words) -> np.ndarray:
    meaning = embed([text])[0].astype(np.float64)
    return np.concatenate([meaning, WORDS * words.vector(text), [CONSTANT]])
