"""Which follow-up is due: an error first, then gaps by their weight; twice a gap at most, in other words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.dialogue.moves import Phase, State
from harness.interview.dialogue.wording import fresh, text_of
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Transcript

# Expectation -> absent, mention, applied, explained; misconception -> active, repaired.
Gaps = Callable[[Transcript], Mapping[str, str]]
# Expectation, authored question, what the candidate said last -> the question as it is asked.
Reword = Callable[[str, str, str], str]

PER_TARGET = 2
PER_SESSION = 6
KEPT = 1  # of them, for the talk with the product manager
MINUTES_A_PROBE = 2.5  # a short interview has room for fewer
COVERED = ("applied", "explained", "repaired")
REACH = {  # what a level is asked about
    "mid": ("core",),
    "senior": ("core", "solid"),
    "staff": ("core", "solid", "outstanding"),
}


class FollowUp(Strict):
    """How to ask about one expectation or misconception, when, and how to help with it."""

    level: Literal["core", "solid", "outstanding"]
    phase: Phase
    ask: Annotated[tuple[Text, ...], Field(min_length=3)]
    hint: Text
    explain: Text


@cache
def follow_ups() -> dict[str, FollowUp]:
    """All follow-ups by id, in the order of the file."""
    return read(CONTENT / "followups.yaml", dict[str, FollowUp])


def budget(minutes: float, phase: Phase) -> int:
    """Follow-ups up to and with this phase."""
    whole = max(2, min(PER_SESSION, int(minutes / MINUTES_A_PROBE)))
    return whole if phase == Phase.STAKEHOLDER else whole - KEPT


def due(session: Session, state: State, levels: Mapping[str, str]) -> tuple[str, str] | None:
    """(target, key of the wording) of the follow-up to ask now; None when there is nothing to ask."""
    if len(state.probed) >= budget(session.minutes, state.phase):
        return None
    for target in _by_priority(session, state.phase, levels):
        asked = state.probed.count(target)
        # Right after an answer to it, another gap is fairer than the same question again.
        if asked >= PER_TARGET or state.probed[-1:] == (target,):
            continue
        key = fresh(target, follow_ups()[target].ask, state.used, session.seed or 0)
        if key:
            return target, key
    return None


def worded(target: str, key: str, state: State, reword: Reword | None) -> str:
    """The follow-up behind `key`, as it is asked."""
    asks = text_of(key, follow_ups()[target].ask)
    said = (e.text for e in reversed(state.events) if e.who == "candidate" and e.text)
    return reword(target, asks, next(said, "")) if reword else asks


def help_with(target: str, state: State) -> tuple[str, str]:
    """(text, move) that helps with a follow-up: first a hint, then the explanation, which earns nothing."""
    helped = any(e.move == "hint" and e.target == target for e in state.events)
    follow_up = follow_ups()[target]
    return (follow_up.explain, "reveal") if helped else (follow_up.hint, "hint")


def _by_priority(session: Session, phase: Phase, levels: Mapping[str, str]) -> Iterator[str]:
    open_ones = [
        (name, follow_up)
        for name, follow_up in follow_ups().items()
        if _phase(phase) == follow_up.phase and levels.get(name, "absent") not in COVERED
    ]
    yield from (name for name, _ in open_ones if levels.get(name) == "active")
    for weight in REACH[session.level]:
        named = [n for n, f in open_ones if f.level == weight and asked_of(session, n, weight)]
        yield from (name for name in named if levels.get(name) == "mention")  # half there
        yield from (name for name in named if levels.get(name, "absent") == "absent")


def _phase(phase: Phase) -> Phase:
    return Phase.DIAGNOSE if phase == Phase.CLARIFY else phase


def asked_of(session: Session, name: str, weight: str) -> bool:
    """True when an interview at this level, about this service, calls for an idea.

    Core ideas always; other techniques only where they would help this service; errors never.
    """
    if name.startswith("MIS-") or weight not in REACH[session.level]:
        return False
    if weight == "core" or not name.startswith("STK-"):
        return True
    return session.scenario.remedies.get(name, "neutral") in ("fixes", "helps")
