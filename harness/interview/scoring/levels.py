"""How well a sentence shows what it shows: named, applied to this system, or explained."""

from __future__ import annotations

from collections.abc import Sequence

from harness.interview.scoring.findings import Level
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.patterns import Pattern, Span
from harness.interview.scoring.rubric import Expectation
from harness.interview.scoring.sentences import WORD

EXPLAINED_WORDS = 7  # a mechanism takes a sentence; "streaming: first token" is a name with a name
APPLIED_WORDS = 6


def level(guards: Guards, expectation: Expectation, text: str, after: str) -> Level:
    """The level of a sentence that shows `expectation`; `after` is the sentence behind it."""
    words = len(WORD.findall(text))
    long_enough = words >= EXPLAINED_WORDS or any(map(str.isdigit, text))
    if long_enough and explanation(expectation.explain, text):
        return Level.EXPLAINED
    if guards.says("carries_on", after) and explanation(expectation.explain, after):
        return Level.EXPLAINED
    applied = expectation.dimension != "stack" or guards.says("tied", text)
    return Level.APPLIED if applied and words >= APPLIED_WORDS else Level.MENTION


def explanation(patterns: Sequence[Pattern], text: str) -> list[Span]:
    """Where mechanisms, conditions and costs stand in a text."""
    return [span for pattern in patterns for span in pattern.spans(text) or ()]
