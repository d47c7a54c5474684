"""How the time of an interview is spent: warnings, and until when each part lasts."""

from __future__ import annotations

from harness.interview.dialogue.moves import Phase, State
from harness.interview.scenario.interview_session import Session

WARNINGS = ((0.5, "half_time"), (0.8, "short_time"))  # parts of the time
UNTIL = {Phase.CLARIFY: 0.5, Phase.DIAGNOSE: 0.5, Phase.PROPOSE: 0.78, Phase.STAKEHOLDER: 0.93}


def passed(session: Session, state: State) -> float:
    """The part of the time that is over; 1 is the end."""
    return state.t / (60 * session.minutes)


def overdue(session: Session, state: State) -> bool:
    """True when this phase has had its time."""
    return passed(session, state) >= UNTIL.get(state.phase, 1.0)


def warning(session: Session, state: State) -> tuple[int, str] | None:
    """(how many warnings that makes, occasion of the wording) where one is due."""
    reached = sum(passed(session, state) >= part for part, _ in WARNINGS)
    return (reached, WARNINGS[reached - 1][1]) if reached > state.warned else None
