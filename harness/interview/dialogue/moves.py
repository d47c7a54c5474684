"""The interviewer's inputs, moves and state, as plain values that every user interface can handle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from harness.interview.reading import Reading, Suspect
from harness.interview.scenario.transcript import Event


class Phase(StrEnum):
    """The phases of an interview, in order."""

    INTRO = "intro"
    CLARIFY = "clarify"
    DIAGNOSE = "diagnose"
    PROPOSE = "propose"
    STAKEHOLDER = "stakeholder"
    TEAM = "team"
    WRAP = "wrap"
    DEBRIEF = "debrief"


SEARCH = (Phase.CLARIFY, Phase.DIAGNOSE)  # the phases before the cause is named


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something the candidate said; t in seconds since the interview began."""

    t: float
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A card that the candidate opened from the list."""

    t: float
    card: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A request for a hint."""

    t: float


@dataclass(frozen=True, slots=True)
class Next:
    """A request to go on to the next phase."""

    t: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A clock tick, without anything said."""

    t: float


Input = Utterance | Opened | Hint | Next | Tick


@dataclass(frozen=True, slots=True)
class Say:
    """Something the interviewer says. move: hint, reveal or probe, about the expectation in `target`."""

    text: str
    move: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """A card to be shown."""

    card: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A "did you mean": the candidate may choose one of these cards."""

    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The end of the interview. reason: "finished", or "time" when time was up."""

    reason: str


Move = Say | Show | Offer | End


@dataclass(frozen=True, slots=True)
class Doubt:
    """A wrong suspect that was named at `t`, and what speaks against it is still to be said."""

    suspect: Suspect
    t: float


@dataclass(frozen=True, slots=True)
class State:
    """Everything the interviewer remembers. events: the transcript so far.

    heard: the readings of the candidate's turns. depth: (subject, question) of each follow-up on a claim or a
    remedy.
    """

    phase: Phase = Phase.INTRO
    t: float = 0.0
    events: tuple[Event, ...] = ()
    heard: tuple[Reading, ...] = ()
    depth: tuple[tuple[str, str], ...] = ()
    doubt: Doubt | None = None
    insisted: tuple[str, ...] = ()  # what the product manager has asked
    used: tuple[str, ...] = ()  # keys of the wordings so far
    probed: tuple[str, ...] = ()  # expectations asked about, one entry per question
    offered: tuple[str, ...] = ()  # cards of an open "did you mean"
    held: str | None = None  # a card that is shown once the candidate has guessed its content
    guesses: int = 0
    lost: int = 0  # consecutive turns of "I don't know"
    hints: int = 0
    turns: int = 0  # of the candidate, in this phase
    warned: int = 0  # time warnings given
    twisted: bool = False  # True once the complication of the scenario was added
    ended: str | None = None  # the reason, as in `End`

    @property
    def opened(self) -> tuple[str, ...]:
        """Return the ids of the opened cards, in order."""
        return tuple(dict.fromkeys(e.open_card for e in self.events if e.open_card))

    @property
    def subject(self) -> str:
        """Return what the last follow-up was about, or ""."""
        return self.depth[-1][0] if self.depth else ""

    @property
    def last_question(self) -> str:
        """Return the last thing that the interviewer asked, or ""."""
        said = (e.text for e in reversed(self.events) if e.who == "interviewer" and e.text)
        return next((text for text in said if "?" in text), "")

    @property
    def last_said(self) -> str:
        """Return the interviewer's last words, or ""."""
        said = (e.text for e in reversed(self.events) if e.who == "interviewer" and e.text)
        return next(said, "")

    @property
    def spoken(self) -> tuple[str, ...]:
        """Return the candidate's turns."""
        return tuple(e.text for e in self.events if e.who == "candidate" and e.text)

    @property
    def last_turn(self) -> str:
        """Return the candidate's last turn, or ""."""
        return self.spoken[-1] if self.spoken else ""

    @property
    def last_pools(self) -> tuple[str, ...]:
        """Return the pool of the last wording, or nothing, so that a pool is not used twice in a row."""
        return tuple(key.rpartition(".")[0] for key in self.used[-1:])

    def enter(self, phase: Phase) -> State:
        """Return the state at the beginning of `phase`."""
        return replace(self, phase=phase, turns=0, lost=0, offered=(), held=None)
