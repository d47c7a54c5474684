"""Cards: which data a question asks for, and why it gets none.

For four topics no card is shown: the cause, all data at once, what no card has, and what is a matter of
opinion. They have examples, too: a question is refused because it resembles those, not because it is unlike
all cards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from harness.interview.content_files import CONTENT, BadContentError, Text, read
from harness.interview.encoder.shipped import Read, encoder
from harness.interview.listening.examples import Labelled
from harness.interview.listening.said import CARDS, said
from harness.interview.listening.turns import items, parts
from harness.interview.reading import NOT_SHOWN, Unanswered
from harness.interview.scenario.cards import card_ids

QUESTIONS = CONTENT / "questions"  # one file per voice: topic -> questions
OFFERED = 3  # cards in a "did you mean"
MAX_CARDS = 4  # asked for in one turn
# Limits of the log odds, chosen on turns of other authors.
ASKED = 5.0  # the least of a card that is asked for
# If none is, one card is still shown that is likely and clearly ahead of the next one.
LIKELY, LEAD = 1.5, 1.5
POSSIBLE = (
    3.5  # the least of a card that is shown beside the certain ones, to who names several things
)
OPINION_LEAD = 2.0  # by how much an opinion must be likelier than a card with odds above 0
NEARBY = -6.0  # the least of a card that is named in place of what nobody has
# Taken from what a sentence or clause alone asks for, and from what a member of an enumeration asks for: the
# fewer the words, the less they say.
PART, MEMBER = 2.5, 8.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question, or several, ask for.

    cards: those that are certain. near: the best few others. unanswered: why the question gets no card.
    also: those of `near` that may well be asked for beside the certain ones.
    """

    cards: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    unanswered: Unanswered | None = None
    also: tuple[str, ...] = ()

    @classmethod
    def together(cls, each: Iterable[Asked]) -> Asked:
        """Return the questions of a turn as one; a certain card outweighs what is unclear or refused."""
        each = list(each)
        if cards := tuple(dict.fromkeys(card for asked in each for card in asked.cards)):
            return cls(cards[:MAX_CARDS], each[0].near, also=each[0].also)
        return max(each, key=lambda asked: asked.unanswered is None, default=cls())


@cache
def topics() -> tuple[str, ...]:
    """Return the names of all that can be asked for: the cards, and those for which none is shown."""
    return (*card_ids(), *(kind.value for kind in Unanswered))


def labelled_questions(folder: Path = QUESTIONS) -> Iterator[Labelled]:
    """Yield the example questions of all voices.

    Raises BadContentError if a file is broken or names a topic that does not exist.
    """
    for path in sorted(folder.glob("*.yaml")):
        for topic, questions in read(path, dict[str, tuple[Text, ...]]).items():
            if topic not in topics():
                raise BadContentError(f"{path.name}: there is no card or topic '{topic}'.")
            yield from ((question, (topic,), path.stem) for question in questions)


def asked_in(encoded: Read, turn: str, *before: str) -> Asked:
    """Return what any text asks for, each member of its enumerations included. Never raises.

    before: what it is read with, see `situation`; its parts are read with the first of these.
    """
    text = " ".join(turn.split())
    if not text:
        return Asked()
    listed = parts(text)
    before = before or ("",)
    whole = said(encoded, text, *before).odds[CARDS]
    for part in listed:
        whole = _at_least(whole, said(encoded, part, before[0]).odds[CARDS], PART)
        for member in items(part):
            whole = _at_least(whole, said(encoded, member, before[0]).odds[CARDS], MEMBER)
    return asked_for(whole)


def _at_least(
    odds: Mapping[str, float], found: Mapping[str, float], less: float
) -> Mapping[str, float]:
    return {name: max(own, found[name] - less) for name, own in odds.items()}


def asked_for(odds: Mapping[str, float]) -> Asked:
    """Return what the log odds of all topics stand for: cards, a few to choose from, or a refusal."""
    cards = sorted((name for name in odds if name not in NOT_SHOWN), key=lambda n: -odds[n])
    refusal = max(Unanswered, key=lambda kind: odds[kind])
    best, second = (odds[name] for name in cards[:2])
    certain = tuple(name for name in cards[:MAX_CARDS] if odds[name] >= ASKED)
    # Who asks for data and for an opinion gets the data.
    lead = OPINION_LEAD if refusal == Unanswered.OPINION and best > 0 else 0.0
    if best < odds[refusal] - lead and not (certain and refusal == Unanswered.OPINION):
        near = tuple(name for name in cards[:OFFERED] if odds[name] >= NEARBY)
        return Asked(near=near, unanswered=refusal)
    if not certain and best >= LIKELY and best - second >= LEAD:
        certain = (cards[0],)
    near = tuple(cards[len(certain) :][:OFFERED])
    also = tuple(name for name in near[:1] if certain and odds[name] >= POSSIBLE)
    return Asked(certain, near, also=also)


@cache
def card_router() -> Callable[[str], Asked]:
    """Return the process's router of questions. Raises StoreError if MiniLM's weights are missing."""
    return partial(asked_in, encoder())
