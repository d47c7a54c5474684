"""A staleness probe: an article is changed on purpose, and a question asked until the answer follows.

The clock is turned by hand (an hour of waiting would teach nothing more), so ages are SIM; answers are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Answer = Callable[
    [float, int], str
]  # seconds on the clock, version of the article -> the answer's text


@dataclass(frozen=True, slots=True)
class Look:
    """What was answered at one moment; right: holds what the article says by then."""

    at_s: float
    text: str
    right: bool


def probe(
    answer: Answer, facts: Sequence[str], edits_s: Sequence[float], asked_s: Sequence[float]
) -> list[Look]:
    """One look for each of `asked_s`; version i of the article holds facts[i], from edits_s[i - 1] on."""
    looks = []
    for at_s in asked_s:
        version = sum(edit_s <= at_s for edit_s in edits_s)
        text = answer(at_s, version)
        looks.append(Look(at_s, text, facts[version] in text))
    return looks


def stale_s(looks: Sequence[Look], edit_s: float) -> float:
    """Seconds from `edit_s` to the first right look after it; infinity when there was none."""
    right = (look.at_s for look in looks if look.at_s >= edit_s and look.right)
    return next(right, float("inf")) - edit_s
