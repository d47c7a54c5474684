"""How well a sentence shows what it shows: named, applied to this system, or explained."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.interview.scoring.findings import Level
from harness.interview.scoring.patterns import Pattern, Span
from harness.interview.scoring.reading import WORD
from harness.interview.scoring.rubric import Expectation

EXPLAINED_WORDS = 7  # a mechanism takes a sentence; "streaming: first token" is a name with a name
APPLIED_WORDS = 6
CARRIES_ON = re.compile(
    r"(?i)^\W*(it|this|that|these|they|the (total|price|cost|catch|downside|rest|user|large|big|small|first)|which"
    r"|so|but|because|only|otherwise|total|price|cost|downside|though|however|of course|and|also|since|as long"
    r"|provided|depends|here|users?|trade-?off|caveat|risk|check|then|that's|works|needs|helps|if|no)\b"
)
TIED = re.compile(
    r"(?i)\d[\d.,]* ?(ms|s|sec\w*|%|x|k|gb|b|tokens?|times|dims?|dimensions|points?)\b|[$€£]|\d ?(->|⟶|to) ?\d"
    r"|\b(instead of|rather than|replac\w+|swap\w*|because|since|so that|so|if|when|until|unless|only|while|but"
    r"|therefore|otherwise|as long as|depends|without|as soon as|although|though|even)\b"
)


def level(expectation: Expectation, text: str, after: str) -> Level:
    """The level of a sentence that shows `expectation`; `after` is the sentence behind it."""
    words = len(WORD.findall(text))
    if explanation(expectation.explain, text) and (words >= EXPLAINED_WORDS or _has_number(text)):
        return Level.EXPLAINED
    if CARRIES_ON.match(after) and explanation(expectation.explain, after):
        return Level.EXPLAINED
    if words >= APPLIED_WORDS and (TIED.search(text) or expectation.dimension != "stack"):
        return Level.APPLIED
    return Level.MENTION


def explanation(patterns: Sequence[Pattern], text: str) -> list[Span]:
    """Where mechanisms, conditions and costs stand in a text."""
    return [span for pattern in patterns for span in pattern.spans(text) or ()]


def _has_number(text: str) -> bool:
    return bool(re.search(r"\d", text))
