"""The choice of follow-up questions: errors first, then gaps by weight, each at most twice and reworded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.dialogue.moves import Phase, State
from harness.interview.dialogue.wording import fresh, text_of
from harness.interview.reading import Act
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Transcript

# Returns levels by id. Expectations: absent, mention, applied, explained; misconceptions: active, repaired.
Gaps = Callable[[Transcript], Mapping[str, str]]
# (expectation, authored question, last words of the candidate) -> the question to ask.
Reword = Callable[[str, str, str], str]

PER_TARGET = 2
PER_SESSION = 6
RESERVED = 1  # of these, for the product manager's phase
MINUTES_PER_PROBE = 2.5  # a short interview has time for fewer
COVERED = ("applied", "explained", "repaired")
BY_CARDS = {  # ideas that asking for one of these cards shows
    "SYS-MEASURE": frozenset({"breakdown", "slowest", "percentiles", "ttft", "queue", "network"}),
    "SYS-BREAKDOWN": frozenset({"breakdown", "slowest"}),
    "SYS-TARGET": frozenset({"goal"}),
    "SYS-TAIL": frozenset({"percentiles", "load", "minute"}),
}
# Words by which one of the last turns speaks of a gap: then it is not asked about.
SPOKEN_OF = {
    "SYS-BREAKDOWN": r"\d.*\D\d.*\D\d",  # several times of several things
    "TRD-COST": r"\b(cost\w*|price|pay|bill|money|finance|cheap\w*|risk\w*|lose|loss|worse|free|trade.?off|"
    r"give up|effort|weeks?)\b|\$",
    "TRD-MONEY": r"\b(cost\w*|money|dollars?|budget|bill|finance|pay|free)\b|\$",
    "TRD-OPTIONS": r"\b(plan b|option\w*|alternativ\w*|otherwise|instead|if (they|you) (say|refuse)|"
    r"(other|second|another) (way|option|choice|copy|change)|fall ?back|only if|in reserve|or (the|with) |"
    r"if (it|that|this|the [\w ]{2,25}) (fails|is not enough|isn.?t enough|disappoints))\b|\b[ab]\)",
    "TRD-QUALITY": r"\b(test\w*|eval\w*|compar\w*|quality|accura\w*|verdicts?|recall|questions)\b",
    "STK-SMALLER": r"\b(smaller|lighter|int ?\d|\d.?bits?|quanti\w+|distil\w*|\d+ ?b|compress\w*)\b",
    "SYS-REMEASURE": r"\b(measur\w*|compar\w*|check\w*|watch\w*|before and after)\b",
    "SYS-RANK": r"\b(first|then|after that|week one|last)\b",
    "SYS-SLO": r"\b(canary|roll\w* back|alert\w*|alarm|monitor\w*|budget)\b",
}
RECENT = 3  # turns
REACH = {  # weights of the expectations that each level is asked about
    "mid": ("core",),
    "senior": ("core", "solid"),
    "staff": ("core", "solid", "outstanding"),
}


class FollowUp(Strict):
    """The questions about one expectation or misconception, their phase, and the help with them."""

    level: Literal["core", "solid", "outstanding"]
    phase: Phase
    ask: Annotated[tuple[Text, ...], Field(min_length=3)]
    hint: Text
    explain: Text


@cache
def follow_ups() -> dict[str, FollowUp]:
    """Return all follow-ups by id, in the order of the file."""
    return read(CONTENT / "followups.yaml", dict[str, FollowUp])


def budget(minutes: float, phase: Phase) -> int:
    """Return the largest number of follow-ups by the end of this phase."""
    whole = max(2, min(PER_SESSION, int(minutes / MINUTES_PER_PROBE)))
    return whole if phase == Phase.STAKEHOLDER else whole - RESERVED


def due(session: Session, state: State, levels: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (target, key of the wording) of the follow-up to ask now, or None."""
    if len(state.probed) >= budget(session.minutes, state.phase):
        return None
    levels = dict(levels) | dict.fromkeys(shown_by_deeds(state), COVERED[0])
    spoken = state.spoken[-RECENT:]
    named = {remedy.id for reading in state.heard[-RECENT:] for remedy in reading.named}
    for target in _by_priority(session, state.phase, levels):
        if target in named or _is_spoken_of(target, spoken):
            continue
        # Not twice in a row: right after an answer, another gap is fairer than the same question.
        if state.probed.count(target) >= PER_TARGET or state.probed[-1:] == (target,):
            continue
        key = fresh(target, follow_ups()[target].ask, state.used, session.seed or 0)
        if key:
            return target, key
    return None


def _is_spoken_of(target: str, texts: Sequence[str]) -> bool:
    words = SPOKEN_OF.get(target)
    return bool(words) and any(re.search(words, text, re.IGNORECASE) for text in texts)


def shown_by_deeds(state: State) -> Iterator[str]:
    """Yield the ideas that the candidate has shown by what they asked for, opened and said.

    Who has opened the time per stage is not asked how they would find the slow part.
    """
    yield from (idea for idea, cards in BY_CARDS.items() if not cards.isdisjoint(state.opened))
    readings = state.heard
    if any(Act.ASK in reading.acts for reading in readings):
        yield "SYS-MEASURE"
    if any(reading.suspect for reading in readings):
        yield "SYS-HYPOTHESIS"
    yield from {remedy.id for reading in readings for remedy in reading.remedies}
    if any(Act.DECIDE in reading.acts for reading in readings):
        yield "SYS-RANK"
    if len({r.id for reading in readings for r in reading.proposed if r.clear}) > 1:
        yield "TRD-OPTIONS"


def worded(target: str, key: str, state: State, reword: Reword | None) -> str:
    """Return the follow-up with this key, reworded if `reword` is given."""
    question = text_of(key, follow_ups()[target].ask)
    return reword(target, question, state.last_turn) if reword else question


def help_with(target: str, state: State) -> tuple[str, str]:
    """Return (text, move) of the help with a follow-up: first a hint, then the explanation.

    An idea that was explained to the candidate ("reveal") earns no credit.
    """
    helped = any(e.move == "hint" and e.target == target for e in state.events)
    follow_up = follow_ups()[target]
    return (follow_up.explain, "reveal") if helped else (follow_up.hint, "hint")


def _by_priority(session: Session, phase: Phase, levels: Mapping[str, str]) -> Iterator[str]:
    gaps = [
        (name, follow_up)
        for name, follow_up in follow_ups().items()
        if _phase(phase) == follow_up.phase and levels.get(name, "absent") not in COVERED
    ]
    yield from (name for name, _ in gaps if levels.get(name) == "active")
    for weight in REACH[session.level]:
        names = [n for n, f in gaps if f.level == weight and _is_asked_about(session, n, weight)]
        yield from (name for name in names if levels.get(name) == "mention")  # partly answered
        yield from (name for name in names if levels.get(name, "absent") == "absent")


def _phase(phase: Phase) -> Phase:
    return Phase.DIAGNOSE if phase == Phase.CLARIFY else phase


def _is_asked_about(session: Session, name: str, weight: str) -> bool:
    """Return True if a gap is worth a question; a technique is if it removes the cause."""
    fixes = session.scenario.remedies.get(name) == "fixes"
    return is_expected(session, name, weight) and (fixes or not name.startswith("STK-"))


def is_expected(session: Session, name: str, weight: str) -> bool:
    """Return True if an interview at this level, about this service, calls for an idea.

    Techniques do only if they help this service, misconceptions never.
    """
    if name.startswith("MIS-") or weight not in REACH[session.level]:
        return False
    if not name.startswith("STK-"):
        return True
    return session.scenario.remedies.get(name, "neutral") in ("fixes", "helps")
