"""The way through an interview: the first question of each phase, warnings, help, and the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from harness.interview.dialogue import probes
from harness.interview.dialogue.debrief import debrief
from harness.interview.dialogue.moves import SEARCH, End, Phase, State
from harness.interview.dialogue.own_numbers import OwnNumber
from harness.interview.dialogue.pace import overdue, warning
from harness.interview.dialogue.speech import Step, say, speak
from harness.interview.dialogue.visitors import FOR_TEAM, answers_pushback, team_joins, told_before
from harness.interview.reading import Act, Role
from harness.interview.scenario.interview_session import Session

TOLD = re.compile(
    r"\b(tell|write to|say to|show|explain to|e-?mail)\b.{0,20}\b(product(?! \w+s\b)|(?<!\d )pm|manager)\b|"
    r"\b(to|for) (the )?(product(?! \w+s\b)|pm|product manager)\b",
    re.IGNORECASE,
)
TEAM_MINUTES = 15  # a shorter interview has no time for the second round


def next_phase(step: Step, session: Session) -> Step | None:
    """Enter the next phase and ask its first question; None after the last one."""
    state, out = step
    if state.phase in SEARCH:
        named = any(reading.proposed for reading in state.heard)
        pool = "to_order" if named else "to_propose"
        return say((state.enter(Phase.PROPOSE), out), session, pool)
    if state.phase == Phase.PROPOSE:
        late = state.twisted or overdue(session, state)
        if not late and session.level != "mid":
            twist = session.filled(session.scenario.twist)
            state = replace(state, twisted=True, depth=(*state.depth, ("twist", "twist")))
            return say((state, out), session, "twist", twist=twist)
        told = _told(state)
        if told == "before":
            return told_before((replace(state.enter(Phase.STAKEHOLDER), turns=1), out), session)
        if told == "now":
            # The product manager objects at once to what was meant for them.
            state = replace(state.enter(Phase.STAKEHOLDER), turns=1)
            pushback = session.filled(session.scenario.product.pushback)
            if answers_pushback(state, pushback):
                return told_before((state, out), session)
            return say((state, out), session, "joins", pushback=pushback)
        return say((state.enter(Phase.STAKEHOLDER), out), session, "to_stakeholder")
    if state.phase == Phase.STAKEHOLDER and session.level != "mid" and _has_time(session):
        return team_joins((state, out), session)
    if state.phase in (Phase.STAKEHOLDER, Phase.TEAM):
        return say((state.enter(Phase.WRAP), out), session, "to_wrap")
    return None


def _told(state: State) -> Literal["now", "before", "never"]:
    """Return when the candidate addressed the product manager."""
    said = [event.text for event in state.events if event.who == "candidate" and event.text]
    if not said or not state.heard:
        return "never"
    if FOR_TEAM.search(said[-1]):
        return _told_before(state)
    if Role.MESSAGE in dict(state.heard[-1].roles) or TOLD.search(said[-1]):
        return "now"
    return _told_before(state)


def _told_before(state: State) -> Literal["before", "never"]:
    return "before" if any(Act.STAKEHOLDER in heard.acts for heard in state.heard) else "never"


def _has_time(session: Session) -> bool:
    return session.minutes >= TEAM_MINUTES


def warned(step: Step, session: Session) -> Step:
    """Give a time warning if one is due."""
    state, out = step
    if (due := warning(session, state)) is None:
        return step
    return say((replace(state, warned=due[0]), out), session, due[1])


def helped(step: Step, session: Session, due: Callable[[], tuple[str, str] | None]) -> Step:
    """Give a hint, in coach mode only: about the search at first, then about the last follow-up or the next.

    due: returns the gap that would be asked about next.
    """
    state, out = step
    if session.mode != "coach":
        return say(step, session, "no_hints")
    if state.phase in SEARCH:
        if state.hints >= len(session.scenario.hints):
            return say(step, session, "no_more_hints")
        text = session.filled(session.scenario.hints[state.hints])
        return speak((replace(state, hints=state.hints + 1), out), text, "hint")
    asked = next((e.target for e in reversed(state.events) if e.move), None)
    gap = due()
    for about in filter(None, (asked, gap and gap[0])):
        text, move = probes.help_with(about, state)
        if text not in (e.text for e in state.events):
            return speak(step, text, move, about)
    return say(step, session, "no_more_hints")


def end(step: Step, session: Session, own: Sequence[OwnNumber], reason: str) -> Step:
    """Say the debrief. reason: see `End`; "left" if the candidate leaves early."""
    state, out = say(step, session, "time_up" if reason == "time" else "finished")
    state = replace(state.enter(Phase.DEBRIEF), ended=reason)
    for paragraph in debrief(session, state.opened, own):
        state, out = speak((state, out), paragraph)
    return state, [*out, End(reason)]
