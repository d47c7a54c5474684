"""Cards: which data a question asks for, and why it gets none.

A topic's score is a regression on example questions plus a bonus for authored patterns. For three topics no
card is shown: the cause, all data at once, and what no card has. They have example questions, too: a question
is refused because it resembles those, not because it is unlike all cards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path

from pydantic import Field

from harness import store
from harness.interview.content_files import CONTENT, BadContentError, Pattern, Strict, Text, read
from harness.interview.listening.evidence import signs
from harness.interview.listening.examples import (
    Labelled,
    Row,
    examples,
    heard_turns,
    single,
    stored,
)
from harness.interview.listening.similarity import Examples, Regression, Said, regression
from harness.interview.listening.turns import items
from harness.interview.meanings import Embed, meanings
from harness.interview.reading import NOT_SHOWN, Act, Unanswered

QUESTIONS = CONTENT / "questions"  # one file per voice: topic -> questions
MAX_CHARS = 400  # of a question; the rest is ignored
OFFERED = 3  # cards in a "did you mean"
MAX_CARDS = 4  # asked for in one turn
# Limits, chosen by cross-validation over voices; `tests.interview.routed` measures them on unseen voices.
# The regression's scores run from about -1 (nothing like the topic) to 1 (sure).
FIRST_MATCH, NEXT_MATCH = 0.15, 0.03  # bonus for the first and for each further matching pattern
# Factor of the bonus for topics without a card: a guess at the cause matches a card's patterns, too.
NOT_SHOWN_FACTOR = 2
LEAD = 0.25  # a single card is shown if it is this far ahead of the next card
CLEAR = 0.4  # the same, ahead of a topic without one: a wrong card misleads, and a question back does not
LIKELY = -0.3  # the least score of a card that is shown
REFUSE = 0.3  # nothing is shown or offered if the best card is this far behind a topic without one
# The member of an enumeration has fewer words: it must be further ahead, and the whole sentence must find its
# card likely, too.
ITEM_LEAD, HINTED = 0.5, -0.15


class Topic(Strict):
    """The patterns (case ignored) and example questions of one topic."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    asks: tuple[Text, ...] = Field(min_length=5)

    def matches(self, text: str) -> int:
        """Return how many patterns occur in `text`."""
        return sum(bool(pattern.search(text)) for pattern in self._compiled)

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in self.patterns)


class Topics(Strict):
    """All topics: one per card, and three for which no card is shown."""

    cards: dict[str, Topic]
    cause: Topic
    everything: Topic
    outside: Topic

    @cached_property
    def by_name(self) -> dict[str, Topic]:
        """Return all topics by name, cards first."""
        return self.cards | {kind.value: getattr(self, kind) for kind in Unanswered}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question, or several, ask for.

    cards: those that are certain. near: the best few if none is. unanswered: why there is none.
    """

    cards: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    unanswered: Unanswered | None = None

    @classmethod
    def together(cls, each: Iterable[Asked]) -> Asked:
        """Return the questions of a turn as one; a certain card outweighs what is unclear or refused."""
        each = list(each)
        if cards := tuple(dict.fromkeys(card for asked in each for card in asked.cards)):
            return cls(cards[:MAX_CARDS])
        return max(each, key=lambda asked: asked.unanswered is None, default=cls())


@cache
def topics() -> Topics:
    """Return the topics. Raises BadContentError if the content file is broken."""
    return read(CONTENT / "intents.yaml", Topics)


def labelled_questions(folder: Path = QUESTIONS) -> Iterator[Labelled]:
    """Yield the example questions of all voices.

    Raises BadContentError if a file is broken or names a topic that does not exist.
    """
    for path in sorted(folder.glob("*.yaml")):
        for topic, questions in read(path, dict[str, tuple[Text, ...]]).items():
            if topic not in topics().by_name:
                raise BadContentError(f"{path.name}: there is no card or topic '{topic}'.")
            yield from ((question, (topic,), path.stem) for question in questions)


def all_questions() -> tuple[Labelled, ...]:
    """Return the example questions of all voices, and those beside the patterns."""
    base = ((ask, (name,), "base") for name, t in topics().by_name.items() for ask in t.asks)
    return (*base, *labelled_questions())


def heard_questions() -> Iterator[Row]:
    """Yield the whole turns that only ask, with the cards that they ask for."""
    for turn in heard_turns():
        if turn.acts == (Act.ASK,):
            yield turn.row(turn.cards or (Unanswered.OUTSIDE.value,))


@dataclass(frozen=True)
class CardRouter:
    """Finds the cards that a question asks for. labelled: returns the example questions, by topic.

    folder: where fitted weights are kept; it must not be shared between embedding models.
    """

    embed: Embed
    labelled: Callable[[], tuple[Labelled, ...]]
    folder: Path | None = None

    def __call__(self, question: str) -> Asked:
        """Return what any text asks for. Never raises."""
        text = " ".join(question.split())[:MAX_CHARS]
        if not text:
            return Asked()
        listed = (text, *items(text))
        vectors = self.embed(list(listed))
        whole, *members = (Said(t, v, signs(t)) for t, v in zip(listed, vectors, strict=True))
        return self.asked(whole, members)

    def asked(self, question: Said, members: Sequence[Said] = ()) -> Asked:
        """Return what a question asks for, each member of an enumeration included."""
        scores = self.scores(question)
        whole = asked_for(scores)
        each = [asked_for(self.scores(member), ITEM_LEAD).cards for member in members]
        hinted = [cards for cards in each if all(scores[card] >= HINTED for card in cards)]
        found = dict.fromkeys(chain(*hinted, whole.cards))
        return Asked(tuple(found)[:MAX_CARDS]) if found else whole

    def scores(self, said: Said) -> dict[str, float]:
        """Return the score of each topic, about -1 to 1.5."""
        found = self.regression.scores(said)
        return {
            name: float(score) + _bonus(name, topic.matches(said.text))
            for score, (name, topic) in zip(found, topics().by_name.items(), strict=True)
        }

    def examples(self) -> Examples:
        rows = single((text, own[0]) for text, own, _ in self.labelled())
        return examples([*rows, *heard_questions()], tuple(topics().by_name))

    @cached_property
    def regression(self) -> Regression:
        return regression(self.examples, self.embed, self.folder and stored("cards", self.folder))


def _bonus(name: str, matches: int) -> float:
    """Return what a topic's matching patterns add to its score."""
    bonus = FIRST_MATCH + NEXT_MATCH * (min(matches, 3) - 1) if matches else 0.0
    return NOT_SHOWN_FACTOR * bonus if name in NOT_SHOWN else bonus


def asked_for(scores: Mapping[str, float], lead: float = LEAD) -> Asked:
    """Return what the scores of all topics stand for: one card, a few, or a refusal."""
    cards = sorted((name for name in scores if name not in NOT_SHOWN), key=lambda n: -scores[n])
    refusal = max(Unanswered, key=lambda kind: scores[kind])
    ahead = scores[cards[0]] - scores[refusal]
    if ahead <= -REFUSE:
        return Asked(near=tuple(cards[:2]), unanswered=refusal)
    best, second = (scores[name] for name in cards[:2])
    if best >= LIKELY and best - second >= lead and ahead >= max(lead, CLEAR):
        return Asked((cards[0],))
    return Asked(near=tuple(cards[:OFFERED]), unanswered=refusal if ahead < 0 else None)


@cache
def card_router() -> CardRouter:
    """Return the process's router, with MiniLM. Raises StoreError if its weights are missing."""
    from harness.models.catalog import MINILM

    return CardRouter(meanings(), all_questions, weights_folder(MINILM.sha256))


def weights_folder(model_sha256: str) -> Path:
    """Return the folder of fitted weights for one embedding model."""
    return store.home() / "interviews" / model_sha256[:11]
