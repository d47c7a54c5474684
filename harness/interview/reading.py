"""What one turn of a candidate says: the value that the interviewer answers and the scorer credits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

QUOTABLE = 3  # words; fewer say little when they are spoken back
REFUSED = "no:"  # stands before the id of a remedy that the candidate rejects
Cause = Literal["right", "wrong"]


class Act(StrEnum):
    """What a turn does; one turn may do several."""

    ASK = "ask"
    CLAIM = "claim"
    PROPOSE = "propose"
    DECIDE = "decide"
    CHALLENGE = "challenge"  # doubts the case, the goal or the product manager
    STAKEHOLDER = "stakeholder"  # speaks to the product manager
    DONT_KNOW = "dontknow"
    HINT = "hint"
    REPEAT = "repeat"
    OFF_TOPIC = "offtopic"
    DONE = "done"


OFFERS = frozenset((Act.PROPOSE, Act.DECIDE))  # acts that put a change forward


class Role(StrEnum):
    """What a sentence says about a change or the case."""

    PLAN = "plan"
    REFUSE = "refuse"
    SAFEGUARD = "safeguard"  # a check, a floor, an alarm, a condition for taking a change back
    PRICE = "price"  # what a change costs or risks
    EFFECT = "effect"  # what it gives, or what is left after it
    MESSAGE = "message"  # what is said or promised to product, users, the team
    GOAL = "goal"
    ORDER = "order"  # what comes first, or on which condition
    MECHANISM = "mechanism"
    FINDING = "finding"  # what a figure shows
    ASK = "ask"
    ASIDE = "aside"


# Roles of sentences that name a remedy without proposing or refusing it.
ABOUT = (Role.SAFEGUARD, Role.PRICE, Role.EFFECT, Role.MESSAGE, Role.GOAL, Role.ORDER)


# Acts whose words are taken up first, in a turn that does several things.
TAKEN_UP = (Act.DECIDE, Act.PROPOSE, Act.CHALLENGE, Act.STAKEHOLDER, Act.CLAIM)


class Unanswered(StrEnum):
    """Why a question gets no card."""

    CAUSE = "cause"  # it asks for what the candidate is to find out
    EVERYTHING = "everything"
    OUTSIDE = "outside"  # there is no such data
    OPINION = "opinion"  # it asks what somebody means, wants, allows or thinks


NOT_SHOWN = tuple(str(reason) for reason in Unanswered)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy that a turn proposes or refuses, and the candidate's words for it.

    clear: False if it may be merely mentioned.
    """

    id: str
    refused: bool
    quote: str
    clear: bool = True

    def __str__(self) -> str:
        return f"{REFUSED}{self.id}" if self.refused else self.id


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was said. value, unit: times in ms, shares in %."""

    value: float
    unit: str
    quote: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """What a turn says the time goes into. cause: whether this is the case's cause; None if undecided.

    stage: the stage that it blames, if any.
    """

    id: str
    cause: Cause | None
    quote: str
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One turn, as it was heard.

    cards: the data that were asked for; near: cards that may be meant if none is certain; also: cards
    that may be meant beside those that are certain.
    named: all remedies that are named, also in words about their price or check; remedies: those that are
    proposed or refused. unanswered: why a question gets no card. quotes: the candidate's words, by act.
    roles: what its parts say, with their words, of those that are clear.
    """

    acts: tuple[Act, ...] = ()
    cards: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unanswered: Unanswered | None = None
    remedies: tuple[Remedy, ...] = ()
    named: tuple[Remedy, ...] = ()
    suspect: Suspect | None = None
    numbers: tuple[Number, ...] = ()
    quotes: tuple[tuple[Act, str], ...] = ()
    roles: tuple[tuple[Role, str], ...] = ()

    @property
    def cause(self) -> Cause | None:
        """Return whether the cause that the turn names is the right one; None if it names none."""
        return self.suspect.cause if self.suspect else None

    @property
    def proposed(self) -> tuple[Remedy, ...]:
        """Return the remedies that the turn proposes."""
        return tuple(remedy for remedy in self.remedies if not remedy.refused)

    @property
    def refused(self) -> tuple[Remedy, ...]:
        """Return the remedies that the turn rejects."""
        return tuple(remedy for remedy in self.remedies if remedy.refused)

    def quote(self, act: Act) -> str:
        """Return the candidate's words for an act, or "" if the turn does not do it."""
        return next((words for done, words in self.quotes if done == act), "")

    @property
    def is_aside(self) -> bool:
        """Return True if the turn has a clear sentence beside the subject, and no other clear one."""
        return {role for role, _ in self.roles} == {Role.ASIDE}

    def planned(self) -> str:
        """Return the candidate's words for a plan, or "" if none of its sentences says one in some words."""
        plans = (words for role, words in self.roles if role == Role.PLAN)
        return next((words for words in plans if len(words.split()) >= QUOTABLE), "")

    @property
    def main_words(self) -> str:
        """Return the words that are best taken up: of a plan, or of another act, but no question; or ""."""
        found = {act: words for act, words in self.quotes if not words.rstrip().endswith("?")}
        ranked = (found[act] for act in (*TAKEN_UP, *found) if act in found)
        return self.planned() or next(ranked, "")

    def to_json(self) -> dict[str, object]:
        """Return acts, cards, remedies and cause as plain values."""
        return {
            "acts": [str(act) for act in self.acts],
            "cards": list(self.cards),
            "remedies": [str(remedy) for remedy in self.remedies],
            "cause": self.cause,
        }
