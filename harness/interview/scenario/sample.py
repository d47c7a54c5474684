"""A sample of 300 requests of a scenario's service. All data cards are computed from it, so they agree.

The sample is stratified: exactly the stated share of the 300 requests is slow, and means match their stated
values. The same seed gives the same requests on every machine; another seed gives other values (±10 %) and
the same cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from harness.interview.scenario.scenario import (
    BEFORE_FIRST_TOKEN,
    EVERY,
    NOT,
    STAGES,
    Quantity,
    Regime,
    Scenario,
    Term,
    Waiting,
)
from harness.kb import seeded

N = 300
SWING = 0.10  # relative variation between sessions
# Any run of consecutive multiples of it, modulo 1, is spread evenly over (0, 1).
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
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

    @property
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

    def where(self, condition: str) -> np.ndarray:
        """Return a mask, bool (300,). condition: "all", a regime, or "not " and a regime."""
        name = condition.removeprefix(NOT)
        mask = np.ones(N, bool) if name == EVERY else self.regimes[name]
        return ~mask if condition.startswith(NOT) else mask


def draw(scenario: Scenario, seed: int | None) -> Sample:
    """Draw the sample of one session; without a seed every quantity has its written value."""
    swing = 0.0 if seed is None else SWING
    seed = seed or 0
    hour, second = _hours(scenario, seed), 60 * _strata(scenario.id, seed, "second")
    regimes = {
        name: _holds(regime, hour, second, _strata(scenario.id, seed, "regime", name))
        for name, regime in scenario.regimes.items()
    }
    base = {
        name: _session_value(quantity, swing, scenario.id, seed, name)
        for name, quantity in scenario.quantities.items()
    }
    quantities = {
        name: _spread(quantity, base[name], _strata(scenario.id, seed, "quantity", name))
        for name, quantity in scenario.quantities.items()
    }
    stages = _stages(scenario, quantities, regimes, hour)
    renewed = _renewed(sum(stages.values()))
    return Sample(scenario, base, hour, second, quantities, regimes, stages, renewed)


def product(
    term: Term, quantities: Mapping[str, np.ndarray] | Mapping[str, float]
) -> np.ndarray | float:
    """Return the value of a term, for every request or for plain numbers."""
    value = term.scale
    for name in term.of:
        value = value * quantities[name]
    for name in term.over:
        value = value / quantities[name]
    return value


def _strata(*key: str | int) -> np.ndarray:
    """Return (300,) stratified uniform numbers: the centres of 300 equal parts of (0, 1), shuffled."""
    return (np.array(seeded.shuffled(range(N), *key)) + 0.5) / N


def _hours(scenario: Scenario, seed: int) -> np.ndarray:
    """Return (300,) arrival times, 0 to 24, as dense as the scenario's traffic."""
    edges = np.concatenate([[0.0], np.cumsum(scenario.traffic)])
    return np.interp(_strata(scenario.id, seed, "hour") * edges[-1], edges, np.arange(25.0))


def _holds(regime: Regime, hour: np.ndarray, second: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the mask of a regime's requests. u: uniform numbers, which select the requests of a share."""
    if regime.hours:
        return _between(hour, *regime.hours)
    if regime.seconds:
        return _between(second, *regime.seconds)
    share = regime.share or 1 - (1 - regime.chance) ** regime.parts
    return u < share


def _between(value: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return a mask of the values from `start` to `end`; the range may cross midnight, as (20, 2)."""
    after, before = value >= start, value < end
    return after & before if start <= end else after | before


def _session_value(quantity: Quantity, swing: float, *key: str | int) -> float:
    """Return a quantity's mean in this session, within ± `swing` of its written value."""
    factor = 1 + swing * (2 * seeded.fraction(*key, "swing") - 1) if quantity.vary else 1.0
    value = quantity.value * factor
    return float(round(value)) if quantity.whole else value


def _spread(quantity: Quantity, base: float, u: np.ndarray) -> np.ndarray:
    """Return one lognormal value for each uniform number in `u`, with mean `base`."""
    if not quantity.spread or not base:
        return np.full(N, base)
    normal = np.array([NormalDist().inv_cdf(p) for p in u])
    factors = np.exp(quantity.spread * normal)
    values = base * factors / factors.mean()
    return np.maximum(np.round(values), 1) if quantity.whole else values


def _stages(
    scenario: Scenario,
    quantities: Mapping[str, np.ndarray],
    regimes: Mapping[str, np.ndarray],
    hour: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return each stage's times in ms. Waiting times come last: they depend on the other terms' means."""
    times = {stage: np.zeros(N) for stage in STAGES}
    for stage, terms in scenario.stages.items():
        for term in terms:
            if isinstance(term, Term):
                mask = _mask(term.when, regimes)
                times[stage] = times[stage] + np.where(mask, product(term, quantities), 0.0)
    for stage, terms in scenario.stages.items():
        for term in terms:
            if isinstance(term, Waiting):
                busy = quantities[term.utilisation] / 100 * _busy(scenario, hour)
                service = sum(times[behind].mean() for behind in term.behind)
                times[stage] = times[stage] + _waits(service, busy, hour)
    return times


def _mask(when: str | None, regimes: Mapping[str, np.ndarray]) -> np.ndarray | bool:
    if when is None:
        return True
    mask = regimes[when.removeprefix(NOT)]
    return ~mask if when.startswith(NOT) else mask


def _busy(scenario: Scenario, hour: np.ndarray) -> np.ndarray:
    """Return the traffic of each hour, relative to the busiest hour."""
    return np.array(scenario.traffic)[hour.astype(int)] / max(scenario.traffic)


def _waits(service_ms: float, rho: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Return waiting times of an M/M/1 queue in ms: 0 with probability 1 - rho, otherwise exponential.

    rho: the server's utilisation at each request, 0 to 1.
    """
    u = np.empty(N)
    # Numbered in the order of arrival, so that every part of the day has short and long waits.
    u[np.argsort(hour, kind="stable")] = (0.5 + GOLDEN * np.arange(N)) % 1.0
    waiting = u > 1 - rho
    mean = service_ms / (1 - rho)  # of those who wait
    return np.where(waiting, -mean * np.log(np.where(waiting, (1 - u) / rho, 1.0)), 0.0)


def _renewed(total: np.ndarray) -> np.ndarray:
    """Return a mask of half of the requests, as slow as the other half.

    Ordered by total time, the halves A and B alternate as A B B A, so neither is slower.
    """
    renewed = np.zeros(N, bool)
    renewed[np.argsort(total, kind="stable")] = np.isin(np.arange(N) % 4, (1, 2))
    return renewed
