"""The requests for which a condition holds, as masks over a sample."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from harness.interview.scenario import waiting_times
from harness.interview.scenario.arrivals import (
    MINUTES_A_DAY,
    REQUESTS,
    SECONDS_A_HOUR,
    busiest_hour,
)
from harness.interview.scenario.mechanism import Regime
from harness.interview.scenario.scenario import Scenario


def holds(
    regime: Regime,
    scenario: Scenario,
    base: Mapping[str, float],
    hour: np.ndarray,
    second: np.ndarray,
    order: np.ndarray,
) -> np.ndarray:
    """Return the mask of a regime's requests. order: a permutation, which selects those of a share."""
    window = _window(regime, hour, second)
    share = _share(regime, scenario, base)
    if share is None:
        return window
    inside = np.flatnonzero(window)
    chosen = inside[np.argsort(order[inside], kind="stable")]
    mask = np.zeros(len(hour), bool)
    mask[chosen[: round(share * len(inside))]] = True
    return mask


def _window(regime: Regime, hour: np.ndarray, second: np.ndarray) -> np.ndarray:
    if regime.hours:
        return _between(hour, *regime.hours)
    if regime.seconds:
        return _between(second, *regime.seconds)
    return np.ones(len(hour), bool)


def _share(regime: Regime, scenario: Scenario, base: Mapping[str, float]) -> float | None:
    """Return the share of the requests in the window for which the regime holds; None for all of them."""
    if regime.parts and regime.chance:
        return 1 - (1 - regime.chance) ** regime.parts
    if regime.after_pause:
        return math.exp(-base[REQUESTS] / MINUTES_A_DAY * base[regime.after_pause])
    if regime.over:
        mean = busiest_hour(base[REQUESTS], scenario.traffic) / SECONDS_A_HOUR
        return waiting_times.share_over(mean, base[regime.over.a_second] / base[regime.over.calls])
    return regime.share


def _between(value: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return a mask of the values from `start` to `end`; the range may cross midnight, as (20, 2)."""
    after, before = value >= start, value < end
    return after & before if start <= end else after | before
