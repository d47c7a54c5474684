"""The way through an interview: the first question of each phase, warnings, help, and the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from harness.interview.dialogue import probes
from harness.interview.dialogue.addressees import FOR_TEAM, TO_PRODUCT
from harness.interview.dialogue.debrief import debrief
from harness.interview.dialogue.moves import SEARCH, End, Phase, State
from harness.interview.dialogue.own_numbers import OwnNumber
from harness.interview.dialogue.pace import UNTIL, elapsed, warning
from harness.interview.dialogue.speech import Step, say, speak
from harness.interview.dialogue.visitors import product_joins, team_joins, told_product
from harness.interview.reading import Act, Role
from harness.interview.scenario.interview_session import Session

MEETINGS = (
    "to_stakeholder",
    "joins",
    "joins_to",
    "joins_later",
)  # wordings with which product joins
TEAM = ("team.ask", "team.asks")  # those of the engineers
TEAM_MINUTES = 15  # a shorter interview has no time for the second round


def next_phase(step: Step, session: Session) -> Step | None:
    """Enter the next phase and ask its first question; None after the last one.

    After the proposals come a complication, the product manager and the engineers, each unless it was there
    before.
    """
    state, out = step
    if state.phase in SEARCH:
        named = any(reading.proposed for reading in state.heard)
        pool = "to_order" if named else "to_propose"
        return say((state.enter(Phase.PROPOSE), out), session, pool)
    if state.phase in (Phase.PROPOSE, Phase.STAKEHOLDER, Phase.TEAM):
        return _next_guest(step, session)
    return None


def _next_guest(step: Step, session: Session) -> Step:
    state, out = step
    if _complicates(session, state):
        twist = session.filled(session.scenario.twist)
        depth = (*state.depth, ("twist", "twist"))
        state = replace(state, phase=Phase.PROPOSE, twisted=True, depth=depth)
        return say((state, out), session, "twist", twist=twist)
    team = has_team(session) and not met(state, TEAM)
    if team and FOR_TEAM.search(state.last_turn):
        return team_joins(step, session)
    if not met(state, MEETINGS):
        return _meets_product(step, session)
    if team:
        return team_joins(step, session)
    return say((state.enter(Phase.WRAP), out), session, "to_wrap")


def _complicates(session: Session, state: State) -> bool:
    """Return True if the scenario's complication is due: after the plan, before the engineers."""
    late = elapsed(session, state) >= UNTIL[Phase.PROPOSE]
    possible = session.level != "mid" and not (state.twisted or late or met(state, TEAM))
    return possible and not FOR_TEAM.search(state.last_turn)


def met(state: State, pools: Collection[str]) -> bool:
    """Return True if a wording of one of these pools was said."""
    return any(key.rpartition(".")[0] in pools for key in state.used)


def _meets_product(step: Step, session: Session) -> Step:
    """Let the product manager join, or ask for a message if they were told nothing."""
    state = step[0]
    said = state.last_turn
    message = state.heard and Role.MESSAGE in dict(state.heard[-1].roles)
    if message or TO_PRODUCT.search(said):
        return product_joins(step, session, said, now=True)
    if any(Act.STAKEHOLDER in heard.acts for heard in state.heard):
        return product_joins(step, session, told_product(state), now=False)
    return product_comes(step, session)


def product_comes(step: Step, session: Session) -> Step:
    """Let the product manager come in, who waits for a message."""
    return say((step[0].enter(Phase.STAKEHOLDER), step[1]), session, "to_stakeholder")


def has_team(session: Session) -> bool:
    """Return True if an interview has a round with the engineers."""
    return session.level != "mid" and session.minutes >= TEAM_MINUTES


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
