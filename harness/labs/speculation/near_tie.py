"""Why two greedy texts of one model differ: because it could not decide, or because there is a mistake.

A step over several tokens adds the same numbers in another order than a step over one, so scores differ in
their last digits. Where the two best tokens lie closer together than that, either may win, and both are
right. Where they lie further apart, no rounding explains a different text: it is a mistake in the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

BOTH = 2  # each of two scores may move by the noise, towards the other


class Scored(Protocol):
    """What is needed of a `LlamaContext`."""

    def every_score(self, tokens: Sequence[int]) -> np.ndarray: ...
    def forget(self) -> None: ...
    def read(self, tokens: Sequence[int]) -> int: ...
    def feed(self, tokens: Sequence[int]) -> None: ...
    def scores(self) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Tie:
    """margin: best score minus second best, in logits. noise: most that a score moves with the batch."""

    margin: float
    noise: float

    @property
    def near(self) -> bool:
        """True when rounding alone can have changed the choice."""
        return self.margin <= BOTH * self.noise


def parting(a: Sequence[int], b: Sequence[int]) -> int | None:
    """The first place where two texts differ, or None; one that ends earlier differs where it ends."""
    for place, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return place
    return min(len(a), len(b)) if len(a) != len(b) else None


def tie(context: Scored, prompt: Sequence[int], text: Sequence[int]) -> Tie:
    """How close the choice after `prompt` and `text` is, against the noise of reading in another batch.

    text: what was written before two texts part; it may be empty. Reads once all together, once one by one.
    """
    at_once = context.every_score([*prompt, *text])[-1]
    context.forget()
    context.read(prompt)
    for token in text:
        context.feed([token])
    alone = context.scores()
    second, best = np.partition(alone, -2)[-2:]
    return Tie(float(best - second), float(np.abs(alone - at_once).max()))
