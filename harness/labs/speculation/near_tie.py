"""Diagnosis of a difference between two greedy texts of one model: a near tie or a bug.

A step over several tokens adds the same numbers in another order than a step over one, so the last digits of
the scores differ. If the two best tokens are closer together than that, either may win, and both are right.
If they are further apart, rounding does not explain a different text, and the code has a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.labs.speculation.drafting import PLAIN, Race

BOTH = 2  # both scores may move by the noise, towards each other


class Context(Protocol):
    """The methods of `LlamaContext` that are used here."""

    def every_score(self, tokens: Sequence[int]) -> np.ndarray: ...
    def forget(self) -> None: ...
    def read(self, tokens: Sequence[int]) -> int: ...
    def feed(self, tokens: Sequence[int]) -> None: ...
    def scores(self) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Tie:
    """The closeness of a choice, in logits.

    margin: best score minus second best. noise: largest change of a score with another batch.
    """

    margin: float
    noise: float

    @property
    def near(self) -> bool:
        """Return whether rounding alone can have changed the choice."""
        return self.margin <= BOTH * self.noise


def first_difference(a: Sequence[int], b: Sequence[int]) -> int | None:
    """Return the first index at which two texts differ, or None.

    If one text is the beginning of the other, they differ where the shorter one ends.
    """
    for place, (token, other) in enumerate(zip(a, b, strict=False)):
        if token != other:
            return place
    return min(len(a), len(b)) if len(a) != len(b) else None


def measure_tie(context: Context, prompt: Sequence[int], text: Sequence[int]) -> Tie:
    """Compare the margin of the choice after `prompt` and `text` with the noise of another batch.

    text: the tokens before the first difference, possibly none. Everything is read twice: in one batch, and
    with the text token by token.
    """
    at_once = context.every_score([*prompt, *text])[-1]
    context.forget()
    context.read(prompt)
    for token in text:
        context.feed([token])
    one_by_one = context.scores()
    second, best = np.partition(one_by_one, -2)[-2:]
    return Tie(float(best - second), float(np.abs(one_by_one - at_once).max()))


def ties(
    race: Race, way: str, context: Context, prompts: Sequence[Sequence[int]]
) -> dict[int, Tie]:
    """Return the ties at the first token in which `way` differs from plain decoding, by prompt."""
    found = {}
    for number in race.different(way):
        plain, drafted = race.texts[PLAIN][number], race.texts[way][number]
        before = plain[: first_difference(plain, drafted)]
        found[number] = measure_tie(context, prompts[number], before)
    return found
