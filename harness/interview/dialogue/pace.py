"""The time budget of an interview: warnings, and when each phase ends."""

from __future__ import annotations

from harness.interview.dialogue.moves import Phase, State
from harness.interview.scenario.interview_session import Session

# Both in fractions of the whole time.
WARNINGS = ((0.5, "half_time"), (0.8, "short_time"))
UNTIL = {
    Phase.CLARIFY: 0.5,
    Phase.DIAGNOSE: 0.5,
    Phase.PROPOSE: 0.78,
    Phase.STAKEHOLDER: 0.88,
    Phase.TEAM: 0.95,
}


def elapsed(session: Session, state: State) -> float:
    """Return the elapsed fraction of the time; 1 is the end."""
    return state.t / (60 * session.minutes)


def overdue(session: Session, state: State) -> bool:
    """Return True if the time of the current phase is over."""
    return elapsed(session, state) >= UNTIL.get(state.phase, 1.0)


def warning(session: Session, state: State) -> tuple[int, str] | None:
    """Return (number of warnings including this one, occasion of its wording) if one is due."""
    reached = sum(elapsed(session, state) >= fraction for fraction, _ in WARNINGS)
    return (reached, WARNINGS[reached - 1][1]) if reached > state.warned else None
