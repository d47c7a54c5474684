"""A sample of 300 requests of a scenario's service. All data cards are computed from it, so they agree.

The sample is stratified: exactly the stated share of the 300 requests is slow, and means match their stated
values. The same seed gives the same requests on every machine; another seed gives other values (±10 %) and
the same cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from harness.interview.scenario.arrivals import REQUESTS, requests_a_day, stage_waits
from harness.interview.scenario.mechanism import EVERY, NOT, Quantity, Term
from harness.interview.scenario.regimes import holds
from harness.interview.scenario.scenario import BEFORE_FIRST_TOKEN, STAGES, Scenario
from harness.kb import seeded

N = 300
SWING = 0.10  # relative variation between sessions
CENTRES = (np.arange(N) + 0.5) / N  # of 300 equal parts of (0, 1)
NORMAL = np.array([NormalDist().inv_cdf(p) for p in CENTRES])


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can be a key
class Sample:
    """A sample; all arrays have shape (300,), one entry per request.

    base: the mean of each quantity in this session; `quantities` has its value for each request.
    hour, second: arrival time, 0 to 24 and 0 to 60. regimes: masks. stages: times in ms.
    renewed: mask of the requests answered after the innocent deploy.
    """

    scenario: Scenario
    base: Mapping[str, float]
    hour: np.ndarray
    second: np.ndarray
    quantities: Mapping[str, np.ndarray]
    regimes: Mapping[str, np.ndarray]
    stages: Mapping[str, np.ndarray]
    renewed: np.ndarray

    @cached_property
    def total(self) -> np.ndarray:
        """Return the end-to-end times in ms."""
        return sum(self.stages.values())

    @property
    def ttft(self) -> np.ndarray:
        """Return the times to the model's first token in ms."""
        return sum(self.stages[stage] for stage in BEFORE_FIRST_TOKEN)

    @property
    def server(self) -> np.ndarray:
        """Return the times measured on the server, in ms."""
        return self.total - self.stages["network"]

    @property
    def model(self) -> np.ndarray:
        """Return the times for which the model works on each request, in ms."""
        return self.stages["prefill"] + self.stages["decode"]

    def where(self, condition: str) -> np.ndarray:
        """Return a mask, bool (300,). condition: "all", a regime, or "not " and a regime."""
        name = condition.removeprefix(NOT)
        mask = np.ones(N, bool) if name == EVERY else self.regimes[name]
        return ~mask if condition.startswith(NOT) else mask


def draw(scenario: Scenario, seed: int | None) -> Sample:
    """Draw the sample of one session; without a seed every quantity has its written value."""
    swing = 0.0 if seed is None else SWING
    seed = seed or 0
    hour = _hours(scenario, _shuffle(scenario.id, seed, "hour"))
    second = 60 * CENTRES[_shuffle(scenario.id, seed, "second")]
    base = {
        name: _session_value(quantity, swing, scenario.id, seed, name)
        for name, quantity in scenario.quantities.items()
    }
    regimes = {
        name: holds(
            regime, scenario, base, hour, second, _shuffle(scenario.id, seed, "regime", name)
        )
        for name, regime in scenario.regimes.items()
    }
    quantities = {
        name: _spread(quantity, base[name], scenario.id, seed, "quantity", name)
        for name, quantity in scenario.quantities.items()
    }
    stages = _worked(scenario, quantities, regimes)
    stages |= stage_waits(scenario, base, stages, regimes, hour, second)
    base[REQUESTS] = requests_a_day(scenario, base, stages, regimes, hour)
    renewed = _renewed(sum(stages.values()))
    return Sample(scenario, base, hour, second, quantities, regimes, stages, renewed)


def _shuffle(*key: str | int) -> np.ndarray:
    """Return the numbers 0 to 299 in a random order."""
    return np.argsort(np.frombuffer(seeded.random_bytes(8 * N, *key), "<u8"), kind="stable")


def _hours(scenario: Scenario, order: np.ndarray) -> np.ndarray:
    """Return (300,) arrival times, 0 to 24, as dense as the scenario's traffic."""
    edges = np.concatenate([[0.0], np.cumsum(scenario.traffic)])
    return np.interp(CENTRES[order] * edges[-1], edges, np.arange(25.0))


def _session_value(quantity: Quantity, swing: float, *key: str | int) -> float:
    """Return a quantity's mean in this session, within ± `swing` of its written value."""
    factor = 1 + swing * (2 * seeded.fraction(*key, "swing") - 1) if quantity.vary else 1.0
    value = quantity.value * factor
    return float(round(value)) if quantity.whole else value


def _spread(quantity: Quantity, base: float, *key: str | int) -> np.ndarray:
    """Return one lognormal value for each request, with mean `base`."""
    if not quantity.spread or not base:
        return np.full(N, base)
    factors = np.exp(quantity.spread * NORMAL[_shuffle(*key)])
    values = base * factors / factors.mean()
    return np.maximum(np.round(values), 1) if quantity.whole else values


def _worked(
    scenario: Scenario, quantities: Mapping[str, np.ndarray], regimes: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the sum of each stage's terms, without waits."""
    times = {stage: np.zeros(N) for stage in STAGES}
    for stage, terms in scenario.stages.items():
        for term in terms:
            if isinstance(term, Term):
                mask = _mask(term.when, regimes)
                times[stage] = times[stage] + np.where(mask, term.value(quantities), 0.0)
    return times


def _mask(when: str | None, regimes: Mapping[str, np.ndarray]) -> np.ndarray | bool:
    if when is None:
        return True
    mask = regimes[when.removeprefix(NOT)]
    return ~mask if when.startswith(NOT) else mask


def _renewed(total: np.ndarray) -> np.ndarray:
    """Return a mask of half of the requests, as slow as the other half.

    Ordered by total time, the halves A and B alternate as A B B A, so neither is slower.
    """
    renewed = np.zeros(N, bool)
    renewed[np.argsort(total, kind="stable")] = np.isin(np.arange(N) % 4, (1, 2))
    return renewed
