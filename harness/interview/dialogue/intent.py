"""A question in free words -> the data card it asks for; "did you mean" where that is not sure.

Two witnesses: what example questions teach about meaning and words (see `examples`), and authored patterns.
What shows nothing (the cause, everything at once, what no card knows) are topics like the cards, with
examples of their own: a question is refused because it sounds like those, not because it is unlike all cards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from pydantic import Field

from harness import store
from harness.interview.content_files import (
    CONTENT,
    BadContentError,
    Pattern,
    Strict,
    Text,
    read,
)
from harness.interview.dialogue.intent_examples import Examples, learned_from
from harness.kb.seeded import code

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), unit norm
Lesson = tuple[str, str, str]  # (question, topic, voice)

QUESTIONS = CONTENT / "questions"  # a file for each voice: topic -> questions
OFFERED = 3  # cards in a "did you mean"
# All numbers below were chosen on the example questions alone, each voice routed by what the others teach
# (`python -m tests.interview.routed` does it again): AHEAD so that about 4 % of what has no card is
# answered with one; then LEAD as large, and thus wrong cards as rare, as leaves six in ten questions without
# a "did you mean"; REFUSE so that little more than 1 % of the questions that have a card are turned away,
# since an offer that nobody needs costs less than that. A score is about -1 (nothing like it) to 1 (sure).
HIT, MORE_HITS = 0.15, 0.03  # what the first and each further pattern adds
TWICE = 2  # times as much for a topic that shows nothing: a guess at the cause has the words of a card, too
LEAD = 0.45  # one card is meant if it is this much ahead of the next …
AHEAD = 0.4  # … and this much ahead of what shows nothing
REFUSE = 0.5  # nothing is shown or offered if it is this much behind what shows nothing
BATCH = 32


class Topic(Strict):
    """How one asks for something: patterns (case ignored) and example questions."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    asks: tuple[Text, ...] = Field(min_length=5)

    def hits(self, text: str) -> int:
        """How many patterns occur in `text`."""
        return sum(bool(re.search(pattern, text, re.IGNORECASE)) for pattern in self.patterns)


class IntentTopics(Strict):
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

    def taught(self, more: Mapping[str, Sequence[str]]) -> IntentTopics:
        """With `more` example questions, by topic."""

        def with_more(name: str, topic: Topic) -> Topic:
            return topic.model_copy(update={"asks": (*topic.asks, *more.get(name, ()))})

        cards = {name: with_more(name, topic) for name, topic in self.cards.items()}
        others = {kind.value: with_more(kind, getattr(self, kind)) for kind in NOT_SHOWN}
        return IntentTopics(cards=cards, **others)


class Kind(StrEnum):
    """What becomes of a question."""

    CARD = "card"  # one card is meant
    UNSURE = "unsure"  # one of a few
    CAUSE = "cause"  # asks for what the candidate is to find out
    EVERYTHING = "everything"  # wants all there is
    OUTSIDE = "outside"  # the data cannot say


NOT_SHOWN = (Kind.CAUSE, Kind.EVERYTHING, Kind.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Intent:
    """Where a question leads; `cards`, best first, has one for CARD and up to three for UNSURE."""

    kind: Kind
    cards: tuple[str, ...] = ()


@cache
def routes() -> IntentTopics:
    """The shipped topics with the example questions of all voices. Raises BadContentError."""
    more: dict[str, list[str]] = {}
    for question, topic, _ in lessons():
        more.setdefault(topic, []).append(question)
    return plain_routes().taught(more)


def plain_routes() -> IntentTopics:
    """The topics with the examples beside their patterns alone."""
    return read(CONTENT / "intents.yaml", IntentTopics)


def lessons(folder: Path = QUESTIONS) -> Iterator[Lesson]:
    """Example questions in many voices. Raises BadContentError, also for a topic that there is not."""
    known = plain_routes().topics
    for path in sorted(folder.glob("*.yaml")):
        for topic, questions in read(path, dict[str, tuple[Text, ...]]).items():
            if topic not in known:
                raise BadContentError(f"{path.name}: there is no card or topic '{topic}'.")
            yield from ((question, topic, path.stem) for question in questions)


@dataclass(frozen=True)
class IntentClassifier:
    """Routes questions with `embed`; the example questions are embedded once, at the first question.

    keep: a folder where their vectors are kept; it has to be this model's own.
    """

    embed: Embed
    routes: IntentTopics
    keep: Path | None = None

    def __call__(self, question: str) -> Intent:
        """Never raises for any text; an empty one is outside."""
        text = " ".join(question.split())[:400]  # longer, it is no question
        return decided(self.scores(text)) if text else Intent(Kind.OUTSIDE)

    def scores(self, text: str) -> dict[str, float]:
        """How well each topic fits, about -1 to 1.5."""
        likely = self._examples.scores(text, self.embed([text])[0])
        return {
            name: float(score) + _bonus(name, topic.hits(text))
            for score, (name, topic) in zip(likely, self.routes.topics.items(), strict=True)
        }

    @cached_property
    def _examples(self) -> Examples:
        counts = [len(topic.asks) for topic in self.routes.topics.values()]
        owners = np.repeat(np.arange(len(counts)), counts)
        return learned_from(self.routes.asks, self._vectors(), owners)

    def _vectors(self) -> np.ndarray:
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


def _bonus(name: str, hits: int) -> float:
    """What a topic's patterns add to its score."""
    once = HIT + MORE_HITS * (min(hits, 3) - 1) if hits else 0.0
    return TWICE * once if name in NOT_SHOWN else once


def decided(scores: Mapping[str, float]) -> Intent:
    """One card, a few, or none: by the best score, its lead, and how near it is to what shows nothing."""
    best, second, *_ = cards = sorted(
        (name for name in scores if name not in NOT_SHOWN), key=lambda name: -scores[name]
    )
    other = max(NOT_SHOWN, key=lambda kind: scores[kind])
    ahead = scores[best] - scores[other]
    if ahead <= -REFUSE:
        return Intent(other)
    if scores[best] - scores[second] >= LEAD and ahead >= AHEAD:
        return Intent(Kind.CARD, (best,))
    return Intent(Kind.UNSURE, tuple(cards[:OFFERED]))


@cache
def intent_classifier() -> IntentClassifier:
    """The process's router, with MiniLM. Raises StoreError where its weights are missing."""
    from harness.models.catalog import MINILM
    from harness.models.engines.embedding import embedder

    return IntentClassifier(embedder(), routes(), folder(MINILM.sha256))


def folder(model_sha256: str) -> Path:
    """Where one model's vectors are kept."""
    return store.home() / "interviews" / model_sha256[:11]


def examples_file(routes: IntentTopics, keep: Path) -> Path:
    """Where the vectors of these examples are kept."""
    return keep / f"intents-{code(*routes.asks)}.npy"
