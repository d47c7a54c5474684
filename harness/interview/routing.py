"""A question in free words -> the data card it asks for; "did you mean" where that is not sure.

Two witnesses: authored patterns, and the meaning of the sentence (cosine to example questions). One alone
is often wrong: patterns miss new words, and embeddings take everything about latency for the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from pydantic import Field

from harness import store
from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.kb.dice import code

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), unit norm

OFFERED = 3  # cards in a "did you mean"
NEXT = 3  # examples after the nearest one; together they count as much as it: one may be odd
HIT, MORE_HITS = 0.20, 0.04  # what the first and each further pattern is worth, in cosine
SURE = 0.62  # score from which one card is meant …
MARGIN = 0.06  # … if it leads by this much
ALONE = 0.15  # with this lead, a lower score is as good
HALF_SURE = 0.45
HEARD = 0.36  # below, the question is about nothing that can be shown
CLOSE = 0.05  # a card and a topic that shows nothing, this close: asked back
BATCH = 32


class Topic(Strict):
    """How one asks for something: patterns (case ignored) and example questions."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    asks: tuple[Text, ...] = Field(min_length=5)

    def hits(self, text: str) -> int:
        """How many patterns occur in `text`."""
        return sum(bool(re.search(pattern, text, re.IGNORECASE)) for pattern in self.patterns)


class Routes(Strict):
    """All topics: the cards, and three for which nothing is shown."""

    cards: dict[str, Topic]
    cause: Topic
    everything: Topic
    outside: Topic

    @cached_property
    def topics(self) -> dict[str, Topic]:
        return {
            **self.cards,
            **{kind.value: getattr(self, kind.value) for kind in Kind if kind in NOT_SHOWN},
        }

    @property
    def asks(self) -> list[str]:
        """The example questions of all topics."""
        return [ask for topic in self.topics.values() for ask in topic.asks]


class Kind(StrEnum):
    """What becomes of a question."""

    CARD = "card"  # one card is meant
    UNSURE = "unsure"  # one of a few
    CAUSE = "cause"  # asks for what the candidate is to find out
    EVERYTHING = "everything"  # wants all there is
    OUTSIDE = "outside"  # the data cannot say


NOT_SHOWN = (Kind.CAUSE, Kind.EVERYTHING, Kind.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a question leads; `cards`, best first, has one for CARD and up to three for UNSURE."""

    kind: Kind
    cards: tuple[str, ...] = ()


@cache
def routes() -> Routes:
    """The shipped topics."""
    return read(CONTENT / "routes.yaml", Routes)


@dataclass(frozen=True)
class Router:
    """Routes questions with `embed`; the example questions are embedded once, at the first question.

    keep: a folder where their vectors are kept; it has to be this model's own.
    """

    embed: Embed
    routes: Routes
    keep: Path | None = None

    def __call__(self, question: str) -> Routed:
        """Never raises for any text; an empty one is outside."""
        text = " ".join(question.split())[:400]  # longer, it is no question
        return decided(self.scores(text)) if text else Routed(Kind.OUTSIDE)

    def scores(self, text: str) -> dict[str, float]:
        """How well each topic fits, about 0 to 1.3."""
        similar = self._examples @ self.embed([text])[0]
        found = {}
        for number, (name, topic) in enumerate(self.routes.topics.items()):
            hits = topic.hits(text)
            bonus = HIT + MORE_HITS * (min(hits, 3) - 1) if hits else 0.0
            found[name] = _likeness(similar[self._owner == number]) + bonus
        return found

    @cached_property
    def _examples(self) -> np.ndarray:
        """(asks, d): in batches, kept in `keep` from one process to the next."""
        asks, path = self.routes.asks, self.keep and examples_file(self.routes, self.keep)
        if path and path.exists():
            return np.load(path, allow_pickle=False)
        batches = [asks[i : i + BATCH] for i in range(0, len(asks), BATCH)]
        vectors = np.concatenate([self.embed(batch) for batch in batches])
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            with store.written(path) as part, part.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
        return vectors

    @cached_property
    def _owner(self) -> np.ndarray:
        """(asks,): the number of the topic that each example belongs to."""
        counts = [len(topic.asks) for topic in self.routes.topics.values()]
        return np.repeat(np.arange(len(counts)), counts)


def _likeness(similar: np.ndarray) -> float:
    """Of cosines to a topic's examples: the nearest, and those after it."""
    nearest, *others = np.sort(similar)[::-1][: 1 + NEXT]
    return float((nearest + np.mean(others)) / 2)


def decided(scores: Mapping[str, float]) -> Routed:
    """One card, a few, or none: by the best score and its lead."""
    cards = sorted((name for name in scores if name not in NOT_SHOWN), key=lambda n: -scores[n])
    best = scores[cards[0]]
    other = max(NOT_SHOWN, key=lambda kind: scores[kind])
    ahead = scores[other] - best  # of a topic that shows nothing
    if ahead >= CLOSE and scores[other] >= HEARD:
        return Routed(other)
    if best < HEARD:
        return Routed(Kind.OUTSIDE)
    lead = best - scores[cards[1]]
    clear = (best >= SURE and lead >= MARGIN) or (best >= HALF_SURE and lead >= ALONE)
    if clear and ahead < -CLOSE:
        return Routed(Kind.CARD, (cards[0],))
    return Routed(Kind.UNSURE, tuple(cards[:OFFERED]))


@cache
def router() -> Router:
    """The process's router, with MiniLM. Raises StoreError where its weights are missing."""
    from harness.models.catalog import MINILM
    from harness.models.embedding import embedder

    return Router(embedder(), routes(), folder(MINILM.sha256))


def folder(model_sha256: str) -> Path:
    """Where one model's vectors are kept."""
    return store.home() / "interviews" / model_sha256[:11]


def examples_file(routes: Routes, keep: Path) -> Path:
    """Where the vectors of these examples are kept."""
    return keep / f"routes-{code(*routes.asks)}.npy"
