"""What goes into the interviewer and what comes out: plain values, so that every face can play them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from harness.interview.scenario.transcript import Event


class Phase(StrEnum):
    """In the order of the interview."""

    INTRO = "intro"
    CLARIFY = "clarify"
    DIAGNOSE = "diagnose"
    PROPOSE = "propose"
    STAKEHOLDER = "stakeholder"
    WRAP = "wrap"
    DEBRIEF = "debrief"


@dataclass(frozen=True, slots=True)
class Utterance:
    """The candidate said something; t in seconds since the interview began."""

    t: float
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The candidate opened a card from the list."""

    t: float
    card: str


@dataclass(frozen=True, slots=True)
class Hint:
    """The candidate asks for help."""

    t: float


@dataclass(frozen=True, slots=True)
class Next:
    """The candidate wants to go on to the next phase."""

    t: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""

    t: float


Input = Utterance | Opened | Hint | Next | Tick


@dataclass(frozen=True, slots=True)
class Say:
    """The interviewer says something. move: hint, reveal or probe, of the expectation in `target`."""

    text: str
    move: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """A card is put on the table."""

    card: str


@dataclass(frozen=True, slots=True)
class Offer:
    """ "Did you mean": the candidate may pick one of these cards."""

    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The interview is over: `finished`, or `time` was up."""

    reason: str


Move = Say | Show | Offer | End


@dataclass(frozen=True, slots=True)
class State:
    """All the interviewer remembers. events: the transcript so far."""

    phase: Phase = Phase.INTRO
    t: float = 0.0
    events: tuple[Event, ...] = ()
    used: tuple[str, ...] = ()  # wordings
    probed: tuple[str, ...] = ()  # expectations asked about, each as often as it was
    offered: tuple[str, ...] = ()
    held: str | None = None  # the card that waits for a guess
    guesses: int = 0
    lost: int = 0  # "I don't know" in a row
    hints: int = 0
    turns: int = 0  # of the candidate in this phase
    warned: int = 0  # warnings of the clock
    twisted: bool = False
    ended: str | None = None

    @property
    def opened(self) -> tuple[str, ...]:
        """Ids of the cards on the table, in the order in which they came."""
        return tuple(dict.fromkeys(e.open_card for e in self.events if e.open_card))

    @property
    def last_pools(self) -> tuple[str, ...]:
        """The occasions of what was said last: not twice in a row."""
        return tuple(key.rpartition(".")[0] for key in self.used[-1:])

    def enter(self, phase: Phase) -> State:
        """The state at the beginning of `phase`."""
        return replace(self, phase=phase, turns=0, lost=0, offered=(), held=None)
