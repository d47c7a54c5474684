"""Cards: which data a question asks for, and why it gets none.

A topic has the encoder's log odds, and more if an authored pattern matches. For three topics no
card is shown: the cause, all data at once, and what no card has. They have example questions, too: a question
is refused because it resembles those, not because it is unlike all cards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

from pydantic import Field

from harness.interview.content_files import CONTENT, BadContentError, Pattern, Strict, Text, read
from harness.interview.encoder.shipped import Read, encoder
from harness.interview.listening.examples import Labelled
from harness.interview.listening.said import CARDS, Said, said
from harness.interview.listening.turns import items, parts
from harness.interview.reading import NOT_SHOWN, Unanswered

QUESTIONS = CONTENT / "questions"  # one file per voice: topic -> questions
OFFERED = 3  # cards in a "did you mean"
MAX_CARDS = 4  # asked for in one turn
# Limits of the log odds, chosen on turns of other authors.
MATCH = 0.5  # what a matching pattern adds
ASKED = 4.0  # the least of a card that is asked for
# If none is, one card is still shown that is likely and clearly ahead of the next one.
LIKELY, LEAD = 0.5, 2.0
# Taken from what a sentence or clause alone asks for, and from what a member of an enumeration asks for: the
# fewer the words, the less they say.
PART, MEMBER = 3.0, 5.0


class Topic(Strict):
    """The patterns (case ignored) and example questions of one topic."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    asks: tuple[Text, ...] = Field(min_length=5)

    def matches(self, text: str) -> bool:
        """Return True if a pattern occurs in `text`."""
        return any(pattern.search(text) for pattern in self._compiled)

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


def asked_in(encoded: Read, turn: str, before: str = "") -> Asked:
    """Return what any text asks for, each member of its enumerations included. Never raises.

    before: what it is read with; see `situation`.
    """
    text = " ".join(turn.split())
    if not text:
        return Asked()
    listed = parts(text)
    whole = _odds(said(encoded, text, before))
    for part in listed:
        whole = _at_least(whole, _odds(said(encoded, part, before)), PART)
        for member in items(part):
            whole = _at_least(whole, _odds(said(encoded, member, before)), MEMBER)
    return asked_for(whole)


def _at_least(
    odds: Mapping[str, float], found: Mapping[str, float], less: float
) -> Mapping[str, float]:
    return {name: max(own, found[name] - less) for name, own in odds.items()}


def _odds(text: Said) -> dict[str, float]:
    """Return the log odds of each topic."""
    odds = text.odds[CARDS]
    return {n: odds[n] + MATCH * topic.matches(text.text) for n, topic in topics().by_name.items()}


def asked_for(odds: Mapping[str, float]) -> Asked:
    """Return what the log odds of all topics stand for: cards, a few to choose from, or a refusal."""
    cards = sorted((name for name in odds if name not in NOT_SHOWN), key=lambda n: -odds[n])
    refusal = max(Unanswered, key=lambda kind: odds[kind])
    best, second = (odds[name] for name in cards[:2])
    if best < odds[refusal]:
        return Asked(near=tuple(cards[:OFFERED]), unanswered=refusal)
    if certain := tuple(name for name in cards[:MAX_CARDS] if odds[name] >= ASKED):
        return Asked(certain)
    if best >= LIKELY and best - second >= LEAD:
        return Asked((cards[0],))
    return Asked(near=tuple(cards[:OFFERED]))


@cache
def card_router() -> Callable[[str], Asked]:
    """Return the process's router of questions. Raises StoreError if MiniLM's weights are missing."""
    return partial(asked_in, encoder())
