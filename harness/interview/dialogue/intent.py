"""An intent classifier: which data card a free-text question asks for, with "did you mean" when unsure.

A topic's score is the sum of a regression on example questions (see `intent_examples`) and a bonus for
authored patterns. For three topics no card is shown: the cause, all data at once, and what no card has. They
have example questions, too: a question is refused because it resembles those, not because it is unlike all
cards.
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
from harness.interview.dialogue.intent_examples import TopicRegression, fit
from harness.kb.seeded import code

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), unit norm
LabelledQuestion = tuple[str, str, str]  # (question, topic, voice)

QUESTIONS = CONTENT / "questions"  # one file per voice: topic -> questions
MAX_CHARS = 400  # of a question; the rest is ignored
OFFERED = 3  # cards in a "did you mean"
# All numbers below were chosen on the example questions alone, by cross-validation over voices: each voice is
# classified by a model trained on the others (`python -m tests.interview.routed` repeats it).
# With this AHEAD, about 4 % of the questions that no card answers are answered with a card. LEAD is the
# largest value, thus with the fewest wrong cards, at which six in ten questions get no "did you mean". With
# this REFUSE, little more than 1 % of the questions that a card answers are refused: an unneeded offer costs
# less than a refusal. The regression's scores run from about -1 (nothing like the topic) to 1 (sure).
FIRST_MATCH, NEXT_MATCH = 0.15, 0.03  # bonus for the first and for each further matching pattern
# Factor of the bonus for topics without a card: a guess at the cause matches a card's patterns, too.
NOT_SHOWN_FACTOR = 2
LEAD = 0.45  # a single card is shown if it is this far ahead of the next card …
AHEAD = 0.4  # … and this far ahead of the best topic without a card
REFUSE = 0.5  # nothing is shown or offered if the best card is this far behind a topic without one
BATCH = 32


class Topic(Strict):
    """The patterns (case ignored) and example questions of one topic."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    asks: tuple[Text, ...] = Field(min_length=5)

    def matches(self, text: str) -> int:
        """Return how many patterns occur in `text`."""
        return sum(bool(re.search(pattern, text, re.IGNORECASE)) for pattern in self.patterns)


class IntentTopics(Strict):
    """All topics: one per card, and three for which no card is shown."""

    cards: dict[str, Topic]
    cause: Topic
    everything: Topic
    outside: Topic

    @cached_property
    def by_name(self) -> dict[str, Topic]:
        """Return all topics by name, cards first."""
        return self.cards | {kind.value: getattr(self, kind) for kind in NOT_SHOWN}

    @property
    def asks(self) -> list[str]:
        """Return the example questions of all topics."""
        return [ask for topic in self.by_name.values() for ask in topic.asks]

    def taught(self, more: Mapping[str, Sequence[str]]) -> IntentTopics:
        """Return a copy with `more` example questions, given by topic."""

        def with_more(name: str, topic: Topic) -> Topic:
            return topic.model_copy(update={"asks": (*topic.asks, *more.get(name, ()))})

        cards = {name: with_more(name, topic) for name, topic in self.cards.items()}
        others = {kind.value: with_more(kind, getattr(self, kind)) for kind in NOT_SHOWN}
        return IntentTopics(cards=cards, **others)


class Kind(StrEnum):
    """How a question is answered."""

    CARD = "card"  # with one card
    UNSURE = "unsure"  # with an offer of a few cards
    CAUSE = "cause"  # refused: it asks for what the candidate is to find out
    EVERYTHING = "everything"  # refused: it asks for all data at once
    OUTSIDE = "outside"  # refused: no card has the answer


NOT_SHOWN = (Kind.CAUSE, Kind.EVERYTHING, Kind.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Intent:
    """The intent of a question. cards: best first; one for CARD, up to three for UNSURE."""

    kind: Kind
    cards: tuple[str, ...] = ()


@cache
def intent_topics() -> IntentTopics:
    """Return the shipped topics with the example questions of all voices.

    Raises BadContentError if a content file is broken.
    """
    more: dict[str, list[str]] = {}
    for question, topic, _ in labelled_questions():
        more.setdefault(topic, []).append(question)
    return base_topics().taught(more)


def base_topics() -> IntentTopics:
    """Return the topics without the voices: only the examples written beside the patterns."""
    return read(CONTENT / "intents.yaml", IntentTopics)


def labelled_questions(folder: Path = QUESTIONS) -> Iterator[LabelledQuestion]:
    """Yield the example questions of all voices.

    Raises BadContentError if a file is broken or names a topic that does not exist.
    """
    topics = base_topics().by_name
    for path in sorted(folder.glob("*.yaml")):
        for topic, questions in read(path, dict[str, tuple[Text, ...]]).items():
            if topic not in topics:
                raise BadContentError(f"{path.name}: there is no card or topic '{topic}'.")
            yield from ((question, topic, path.stem) for question in questions)


@dataclass(frozen=True)
class IntentClassifier:
    """A callable from a question to its intent.

    The example questions are embedded once, at the first question. cache: a folder for their vectors; it must
    not be shared between embedding models.
    """

    embed: Embed
    topics: IntentTopics
    cache: Path | None = None

    def __call__(self, question: str) -> Intent:
        """Return the intent of any text; an empty one is OUTSIDE. Never raises."""
        text = " ".join(question.split())[:MAX_CHARS]
        return intent_of(self.scores(text)) if text else Intent(Kind.OUTSIDE)

    def scores(self, text: str) -> dict[str, float]:
        """Return the score of each topic, about -1 to 1.5."""
        predicted = self._regression.scores(text, self.embed([text])[0])
        return {
            name: float(score) + _bonus(name, topic.matches(text))
            for score, (name, topic) in zip(predicted, self.topics.by_name.items(), strict=True)
        }

    @cached_property
    def _regression(self) -> TopicRegression:
        counts = [len(topic.asks) for topic in self.topics.by_name.values()]
        owners = np.repeat(np.arange(len(counts)), counts)
        return fit(self.topics.asks, self._vectors(), owners)

    def _vectors(self) -> np.ndarray:
        """Return the embedded examples, (asks, d), from the cache if they are there."""
        asks, path = self.topics.asks, self.cache and vectors_file(self.topics, self.cache)
        if path and path.exists():
            return np.load(path, allow_pickle=False)
        batches = [asks[i : i + BATCH] for i in range(0, len(asks), BATCH)]
        vectors = np.concatenate([self.embed(batch) for batch in batches])
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            with store.atomic_write(path) as part, part.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
        return vectors


def _bonus(name: str, matches: int) -> float:
    """Return what a topic's matching patterns add to its score."""
    bonus = FIRST_MATCH + NEXT_MATCH * (min(matches, 3) - 1) if matches else 0.0
    return NOT_SHOWN_FACTOR * bonus if name in NOT_SHOWN else bonus


def intent_of(scores: Mapping[str, float]) -> Intent:
    """Return the intent that the scores of all topics stand for: one card, a few, or a refusal."""
    best, second, *_ = cards = sorted(
        (name for name in scores if name not in NOT_SHOWN), key=lambda name: -scores[name]
    )
    refusal = max(NOT_SHOWN, key=lambda kind: scores[kind])
    ahead = scores[best] - scores[refusal]
    if ahead <= -REFUSE:
        return Intent(refusal)
    if scores[best] - scores[second] >= LEAD and ahead >= AHEAD:
        return Intent(Kind.CARD, (best,))
    return Intent(Kind.UNSURE, tuple(cards[:OFFERED]))


@cache
def intent_classifier() -> IntentClassifier:
    """Return the process's classifier, with MiniLM. Raises StoreError if its weights are missing."""
    from harness.models.catalog import MINILM
    from harness.models.engines.embedding import embedder

    return IntentClassifier(embedder(), intent_topics(), vectors_folder(MINILM.sha256))


def vectors_folder(model_sha256: str) -> Path:
    """Return the folder for the example vectors of one embedding model."""
    return store.home() / "interviews" / model_sha256[:11]


def vectors_file(topics: IntentTopics, folder: Path) -> Path:
    """Return the file for the vectors of these examples; its name changes with the examples."""
    return folder / f"intents-{code(*topics.asks)}.npy"
