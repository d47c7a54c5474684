"""A simulation of hedged requests from measured times (SIM): the faster of two, the second sent later.

J. Dean and L. A. Barroso, "The Tail at Scale" (2013): a second request after the 95th percentile adds a few
percent of load and shortens the tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import WrongUseError

DRAWS = 20_000  # fifty times what p99 needs


@dataclass(frozen=True, slots=True)
class Hedge:
    """The simulated times with a second request (SIM).

    after_ms: when the second request is sent. extra: share of the requests for which it is sent.
    """

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
    """Simulate each delay in `after_ms` with times drawn at random from those measured at each server.

    The two times are drawn independently, which is right as long as the servers share neither a queue nor a
    cause of delay. Raises WrongUseError if either server has no samples.
    """
    if not len(first_ms) or not len(second_ms):
        raise WrongUseError("There are no times to draw from: measure both servers first.")
    rng = np.random.default_rng(seed)
    first, second = rng.choice(first_ms, draws), rng.choice(second_ms, draws)
    return [_hedge(first, second, after) for after in after_ms]


def _hedge(first: np.ndarray, second: np.ndarray, after_ms: float) -> Hedge:
    late = first > after_ms
    times = np.where(late, np.minimum(first, after_ms + second), first)
    p50, p99 = np.percentile(times, (50, 99))
    return Hedge(after_ms, float(p50), float(p99), float(late.mean()))
