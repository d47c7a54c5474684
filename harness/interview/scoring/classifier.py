"""Sentence classifier: two linear scores of a sentence for each expectation and misconception.

MiniLM's vector captures what a sentence is about, but hardly what the sentence asserts; products of its
coordinates and TF-IDF terms add some of that. `about` scores the topic and `stance` the side taken, because
a contradiction is on topic, too. Both are ridge regressions on the rubric's labelled sentences, solved in
closed form, so the same content gives the same weights. `classifier_findings` says how the scores add
findings to those of the patterns, or remove them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from harness import store
from harness.interview.meanings import BATCH, REMEMBERED, Embed, meanings
from harness.interview.scoring import linear_model
from harness.interview.scoring.rubric import FOLDER, Rubric
from harness.interview.scoring.words import TfidfVocabulary, fit_vocabulary

# Scales of the TF-IDF terms and of the bias feature; that of the embedding with its products is 1.
WORDS, CONSTANT = 0.7, 0.5
# Random products of the embedding's coordinates. Their dot product approximates the square of that of the
# embeddings, which tells "the small one drafts, the large one checks" from its parts. More gain nothing.
PRODUCTS = 4096
DECIMALS = 3  # of a score; differences between machines are far smaller
KNOWN = 0.4  # share of known words below which a text is keys struck at random, and about nothing
SHIPPED = FOLDER / "classifier.npz"  # weights for the shipped content, so that no user has to wait


@dataclass(frozen=True, slots=True)
class Scores:
    """Two scores of a sentence for one expectation.

    about: above 0, the sentence is on topic. stance: above 0, it asserts the expectation; below 0, it
    contradicts it.
    """

    about: float
    stance: float


NOTHING = Scores(-1.0, -1.0)


@dataclass(frozen=True, eq=False)
class SentenceClassifier:
    """Scores of a sentence for everything that is learned.

    names: the ids of expectations and misconceptions. about, stance: weights, (names, features).
    """

    embed: Embed
    words: TfidfVocabulary
    names: tuple[str, ...]
    about: np.ndarray
    stance: np.ndarray

    @lru_cache(REMEMBERED)  # noqa: B019  # one classifier lives as long as the process
    def score(self, text: str) -> Mapping[str, Scores]:
        """Return the scores by id."""
        if self.words.known(text) < KNOWN:
            return dict.fromkeys(self.names, NOTHING)
        features = _features(text, self.embed([text])[0], self.words)
        about, stance = (
            np.round(weights @ features, DECIMALS).tolist() for weights in (self.about, self.stance)
        )
        pairs = zip(about, stance, strict=True)
        return {name: Scores(*pair) for name, pair in zip(self.names, pairs, strict=True)}


def top_label(rubric: Rubric, scores: Mapping[str, Scores]) -> str:
    """Return the id of the expectation with the highest `about` score."""
    return max(rubric.by_id, key=lambda name: scores[name].about)


def names(rubric: Rubric) -> tuple[str, ...]:
    """Return the ids of all expectations and misconceptions: both are learned."""
    return tuple(entry.id for entry in (*rubric.expectations, *rubric.misconceptions))


def labelled_sentences(rubric: Rubric) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every labelled sentence with the ids of what it shows and states wrongly, possibly none."""
    for expectation in rubric.expectations:
        label = frozenset({expectation.id})
        yield from ((text, label) for text in (expectation.says, *expectation.examples))
        yield from ((text, frozenset()) for text in expectation.counterexamples)
    for misconception in rubric.misconceptions:
        yield from ((text, frozenset({misconception.id})) for text in misconception.examples)
    yield from ((text, frozenset()) for text, name in rubric.contrary if name in rubric.by_id)
    yield from rubric.sentences


def contrary_sentences(rubric: Rubric) -> Iterator[tuple[str, str]]:
    """Yield every sentence that is about something and does not say it, with the id of that."""
    for entry in (*rubric.expectations, *rubric.misconceptions):
        yield from ((text, entry.id) for text in entry.counterexamples)
    for misconception in rubric.misconceptions:
        for name in misconception.denies:
            yield from ((text, name) for text in misconception.examples)
    yield from rubric.contrary


def fitted(rubric: Rubric, embed: Embed) -> SentenceClassifier:
    """Return a classifier trained on a rubric.

    Takes some twelve minutes on two cores, and 13 GB of memory.
    """
    labelled, contrary = list(labelled_sentences(rubric)), list(contrary_sentences(rubric))
    learned = names(rubric)
    words = fit_vocabulary(text for text, _ in labelled)
    texts = dict.fromkeys(text for text, _ in (*labelled, *contrary))
    features = {
        text: _features(text, meaning, words).astype(np.float32)
        for text, meaning in _embedded(texts, embed)
    }
    about = linear_model.about(
        np.stack([features[text] for text, _ in labelled]),
        np.array([[name in shown for name in learned] for _, shown in labelled]),
    )
    sides = [(text, name, 1) for text, shown in labelled for name in sorted(shown)]
    sides += [(text, name, -1) for text, name in contrary]
    stance = linear_model.stance(
        np.stack([features[text] for text, *_ in sides]),
        np.array([learned.index(name) for _, name, _ in sides]),
        np.array([side for *_, side in sides]),
        len(learned),
    )
    return SentenceClassifier(embed, words, learned, about, stance)


def load_classifier(rubric: Rubric) -> SentenceClassifier:
    """Return the classifier over MiniLM's embeddings.

    Uses the shipped weights if they match the rubric; otherwise trains once and caches the weights in the
    store. Raises StoreError if MiniLM is not built.
    """
    return _minilm(rubric, SHIPPED)


def train_and_ship(rubric: Rubric) -> Path:
    """Train on the current content and write the weights beside it; return their path."""
    from harness.models.catalog import MINILM
    from harness.models.engines.embedding import embedder

    _write(SHIPPED, fitted(rubric, embedder()), _key(rubric, MINILM.sha256))
    return SHIPPED


def shipped_is_current(rubric: Rubric) -> bool:
    """Return True if the shipped weights were trained on this content."""
    from harness.models.catalog import MINILM

    return _read(SHIPPED, _key(rubric, MINILM.sha256)) is not None


def has_weights(rubric: Rubric) -> bool:
    """Return True if weights for this content exist, shipped or cached."""
    from harness.models.catalog import MINILM

    return shipped_is_current(rubric) or store.intact(_cached(_key(rubric, MINILM.sha256)))


@cache
def _minilm(rubric: Rubric, shipped: Path) -> SentenceClassifier:
    from harness.models.catalog import MINILM

    key, embed = _key(rubric, MINILM.sha256), meanings()
    found = _read(shipped, key)
    if found is None:
        cached = _cached(key)
        if not store.intact(cached):
            with store.atomic_write(cached) as part:
                _write(part, fitted(rubric, embed), key)
        found = _read(cached, key)
    words, about, stance = found
    return SentenceClassifier(embed, words, names(rubric), about, stance)


def _write(path: Path, classifier: SentenceClassifier, key: str) -> None:
    """Write the vocabulary, and the weights in 8 bits, each row with its scale: scores hardly move."""
    words = classifier.words
    arrays = {"terms": np.array(list(words.columns)), "rarity": words.rarity}
    for name in ("about", "stance"):
        weights = getattr(classifier, name)
        scale = np.abs(weights).max(axis=1, keepdims=True) / 127
        arrays[name] = np.rint(weights / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale.astype(np.float32)
    with path.open("wb") as file:
        np.savez_compressed(file, key=np.array(key), **arrays)


def _read(path: Path, key: str) -> tuple[TfidfVocabulary, np.ndarray, np.ndarray] | None:
    """Return vocabulary and weights of a file; None if it is missing or of other content or another model."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        if str(file["key"]) != key or "terms" not in file:
            return None
        columns = {str(term): column for column, term in enumerate(file["terms"])}
        about, stance = (
            file[n] * file[f"{n}_scale"].astype(np.float64) for n in ("about", "stance")
        )
        return TfidfVocabulary(columns, file["rarity"]), about, stance


def _cached(key: str) -> Path:
    return store.home() / "interview" / f"classifier-{key[:16]}.npz"


def _key(rubric: Rubric, model_sha256: str) -> str:
    """Return a name for what the weights depend on: all that is learned, not the patterns, and the model."""
    learned = [names(rubric), *contrary_sentences(rubric)]
    learned += [(text, *sorted(shown)) for text, shown in labelled_sentences(rubric)]
    return f"{hashlib.sha256(repr(learned).encode()).hexdigest()[:32]}{model_sha256[:32]}"


def _embedded(texts: Iterable[str], embed: Embed) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each text with its vector, embedded beside texts of similar length."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        yield from zip(batch, embed(batch), strict=True)


def _features(text: str, meaning: np.ndarray, words: TfidfVocabulary) -> np.ndarray:
    """Return (f,) features: the embedding, products of it, the scaled TF-IDF vector and a constant."""
    meaning = meaning.astype(np.float64)
    left, right = _projections(len(meaning))
    products = (meaning @ left) * (meaning @ right) / PRODUCTS**0.5
    both = np.concatenate([meaning, products]) / 2**0.5
    return np.concatenate([both, WORDS * words.vector(text), [CONSTANT]])


@cache
def _projections(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of random signs, (width, PRODUCTS), the same on every machine."""
    bits = np.random.MT19937(0).random_raw(2 * width * PRODUCTS) & 1
    left, right = np.where(bits, 1.0, -1.0).reshape(2, width, PRODUCTS)
    return left, right
