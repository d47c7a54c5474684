"""Grading of a pattern match: whether it earns credit, and at which level.

From low to high, an idea is only mentioned, applied to this system, or explained.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.patterns import Pattern, Span
from harness.interview.scoring.rubric import Expectation
from harness.interview.scoring.sentences import WORD, Sentence

REFUSAL_REACH = 30  # characters, about five words, between an idea and a statement against it
EXPLAINED_WORDS = 7  # a mechanism takes a sentence; "streaming: first token" only pairs two names
APPLIED_WORDS = 6


def graded(
    guards: Guards,
    expectation: Expectation,
    window: Sentence,
    matches: Sequence[tuple[Span, ...]],
    after: str,
) -> Finding:
    """Return the finding of an expectation in a window; one match that no guard rejects is enough.

    window: a sentence, or a few joined ones. matches: the spans of each pattern that matched.
    after: the text of the next sentence.
    """
    losses = [_loss(guards, expectation, window, match) for match in matches]
    if None not in losses:
        return Finding(expectation.id, Level.ABSENT, window, losses[0])
    if window.is_question and not expectation.asks:
        return Finding(expectation.id, Level.MENTION, window, Loss.QUESTION)
    earned = level(guards, expectation, window.text, after)
    return Finding(expectation.id, earned, window, Loss.NAMED if earned == Level.MENTION else None)


def level(guards: Guards, expectation: Expectation, text: str, after: str) -> Level:
    """Return the level of a text that shows `expectation`.

    after: the next sentence; it may add the explanation. Only ideas of the dimension "stack" must be tied to
    this system to count as applied.
    """
    words = len(WORD.findall(text))
    long_enough = words >= EXPLAINED_WORDS or any(map(str.isdigit, text))
    if long_enough and explanation(expectation.explain, text):
        return Level.EXPLAINED
    if guards.says("carries_on", after) and explanation(expectation.explain, after):
        return Level.EXPLAINED
    applied = expectation.dimension != "stack" or guards.says("tied", text)
    return Level.APPLIED if applied and words >= APPLIED_WORDS else Level.MENTION


def explanation(patterns: Sequence[Pattern], text: str) -> list[Span]:
    """Return the spans of mechanisms, conditions and costs in a text. patterns: those of `explain`."""
    return [span for pattern in patterns for span in pattern.spans(text) or ()]


def _loss(
    guards: Guards, expectation: Expectation, window: Sentence, match: tuple[Span, ...]
) -> Loss | None:
    """Return why a guard rejects a match; None if none does."""
    text, stack = window.text, expectation.dimension == "stack"
    exempt = [*match, *explanation(expectation.explain, text)]
    if any(_near(spans, match) for p in expectation.refuse if (spans := p.spans(text))):
        return Loss.WRONG_WAY
    if not expectation.negative and guards.negated(text, match[0], exempt):
        return Loss.NEGATED
    if stack and guards.wrong_way(text, match[0]):
        return Loss.WRONG_WAY
    if stack and (guards.says("ignorant", text) or guards.says("topical", text)):
        return Loss.NEGATED
    factual = window.is_question and guards.says("asks_for_facts", text)
    return Loss.QUESTION if factual and not expectation.asks else None


def _near(refusal: tuple[Span, ...], match: tuple[Span, ...]) -> bool:
    """Return True if a refusal is about the matched words, not about another idea in a long sentence."""
    start, end = min(a for a, _ in match), max(b for _, b in match)
    first, last = min(a for a, _ in refusal), max(b for _, b in refusal)
    return first < end + REFUSAL_REACH and last > start - REFUSAL_REACH
