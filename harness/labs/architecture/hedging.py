"""Hedged requests, simulated from measured times (SIM): the faster of two, the second one sent later.

J. Dean and L. A. Barroso, "The Tail at Scale" (2013): a second request after the 95th percentile costs a
few percent of work and cuts the tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import WrongUseError

DRAWS = 20_000  # fifty times what p99 needs


@dataclass(frozen=True, slots=True)
class Hedge:
    """SIM. after_ms: when the second request is sent. extra: share of the requests that have one."""

    after_ms: float
    p50_ms: float
    p99_ms: float
    extra: float


def hedges(
    first_ms: Sequence[float],
    second_ms: Sequence[float],
    after_ms: Sequence[float],
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Hedge]:
    """For each delay what comes of it, times drawn at random from those measured at each server.

    The two are taken as independent, which holds while they share neither a queue nor a cause.
    Raises WrongUseError without a sample of either.
    """
    if not len(first_ms) or not len(second_ms):
        raise WrongUseError("There is nothing to draw from: measure both servers first.")
    rng = np.random.default_rng(seed)
    first, second = rng.choice(first_ms, draws), rng.choice(second_ms, draws)
    return [_hedge(first, second, after) for after in after_ms]


def _hedge(first: np.ndarray, second: np.ndarray, after_ms: float) -> Hedge:
    taken = np.where(first > after_ms, np.minimum(first, after_ms + second), first)
    p50, p99 = np.percentile(taken, (50, 99))
    return Hedge(after_ms, float(p50), float(p99), float((first > after_ms).mean()))
