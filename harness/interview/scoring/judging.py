"""A match is not a credit yet: what it says, against what, and how well."""

from __future__ import annotations

from collections.abc import Sequence

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.levels import explanation, level
from harness.interview.scoring.patterns import Span
from harness.interview.scoring.rubric import Expectation
from harness.interview.scoring.sentences import Sentence

REACH = 30  # characters, about five words, between an idea and what is said against it


def judged(
    guards: Guards,
    expectation: Expectation,
    window: Sentence,
    matches: Sequence[tuple[Span, ...]],
    after: str,
) -> Finding:
    """The finding of an expectation in a sentence; one match that holds is enough.

    matches: the spans of each pattern that was found; after: the sentence behind.
    """
    losses = [_loss(guards, expectation, window, match) for match in matches]
    if None not in losses:
        return Finding(expectation.id, Level.ABSENT, window, losses[0])
    if window.is_question and not expectation.asks:
        return Finding(expectation.id, Level.MENTION, window, Loss.QUESTION)
    found = level(guards, expectation, window.text, after)
    return Finding(expectation.id, found, window, Loss.NAMED if found == Level.MENTION else None)


def _loss(
    guards: Guards, expectation: Expectation, window: Sentence, match: tuple[Span, ...]
) -> Loss | None:
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
    asks = window.is_question and guards.says("asks_for_facts", text)
    return Loss.QUESTION if asks and not expectation.asks else None


def _near(refused: tuple[Span, ...], match: tuple[Span, ...]) -> bool:
    """True when a refusal is about the same words, not about another idea in a long sentence."""
    start, end = min(a for a, _ in match), max(b for _, b in match)
    first, last = min(a for a, _ in refused), max(b for _, b in refused)
    return first < end + REACH and last > start - REACH
