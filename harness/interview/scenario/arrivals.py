"""Arrivals and waits: how many requests come, how they wait, and how the two depend on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.interview.scenario import waiting_times
from harness.interview.scenario.mechanism import Buildup, Retries, Waiting
from harness.interview.scenario.scenario import Scenario

REQUESTS = "requests_a_day"  # the quantity
MINUTES_A_DAY, SECONDS_A_HOUR, MS_A_DAY = 1440, 3600, 86_400_000
# Any run of consecutive multiples of it, modulo 1, is spread evenly over (0, 1).
GOLDEN = (5**0.5 - 1) / 2

Times = Mapping[str, np.ndarray]


def busiest_hour(requests: float, traffic: Sequence[float]) -> float:
    """Return the requests of the busiest hour, from those of a day."""
    return requests * max(traffic) / sum(traffic)


def servers(base: Mapping[str, float]) -> int:
    """Return how many requests all copies of the model work on at once."""
    return round(base["copies"] * base["slots"])


def requests_a_day(
    scenario: Scenario, base: Mapping[str, float], stages: Times, regimes: Times, hour: np.ndarray
) -> float:
    """Return the requests of a day: as given, or as they follow from how busy the model is said to be."""
    model = stages["prefill"] + stages["decode"]
    wait = next(iter(scenario.waits), None)
    if isinstance(wait, Buildup):
        load, service = base[wait.overload] * servers(base), model[regimes[wait.when]].mean()
    elif isinstance(wait, Waiting):
        utilisation = base[wait.utilisation] / 100
        sent = _attempts(wait.retries, utilisation, model.mean(), base)
        load, service = utilisation * servers(base) / sent, model.mean()
    elif scenario.in_work:
        busiest = np.array(scenario.traffic)[hour.astype(int)] == max(scenario.traffic)
        load, service = scenario.in_work.value(base), model[busiest].mean()
    else:
        return base[REQUESTS]
    # Little's law: as many are in work as arrive in the time of one service.
    return load / service * MS_A_DAY / 24 * sum(scenario.traffic) / max(scenario.traffic)


def utilisations(scenario: Scenario, base: Mapping[str, float], service_ms: float) -> list[float]:
    """Return the utilisation of the model's copies by hour of the day, where it is given for the busiest."""
    wait = next(wait for wait in scenario.waits if isinstance(wait, Waiting))
    busiest, most = base[wait.utilisation] / 100, max(scenario.traffic)
    first = busiest / _attempts(wait.retries, busiest, service_ms, base)
    return [
        busiest if part == most else _settled(wait.retries, first * part / most, service_ms, base)
        for part in scenario.traffic
    ]


def stage_waits(
    scenario: Scenario,
    base: Mapping[str, float],
    stages: Times,
    regimes: Times,
    hour: np.ndarray,
    second: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return the stages with waits, with these added."""
    waited = {}
    model = stages["prefill"] + stages["decode"]
    for stage, terms in scenario.stages.items():
        for term in terms:
            if isinstance(term, Waiting):
                busy = np.array(utilisations(scenario, base, model.mean()))
                waited[stage] = stages[stage] + _queue(
                    busy[hour.astype(int)], model.mean(), base, hour
                )
            if isinstance(term, Buildup):
                grown = 1000 * second * (base[term.overload] - 1)  # the window begins at second 0
                waited[stage] = stages[stage] + np.where(regimes[term.when], grown, 0.0)
    return waited


def _queue(
    utilisation: np.ndarray, service_ms: float, base: Mapping[str, float], hour: np.ndarray
) -> np.ndarray:
    """Return waiting times of an M/M/c queue in ms; their mean in hours of equal load is the formula's."""
    waits = np.zeros(len(hour))
    for level in np.unique(utilisation):
        members = np.flatnonzero(utilisation == level)
        # In the order of arrival, so that every part of the day has short and long waits.
        members = members[np.argsort(hour[members], kind="stable")]
        waits[members] = _level_waits(len(members), servers(base), level) * service_ms
    return waits


def _level_waits(count: int, servers: int, utilisation: float) -> np.ndarray:
    """Return `count` waiting times at one utilisation, in units of the service time."""
    mean, free = waiting_times.wait(servers, utilisation * servers), servers * (1 - utilisation)
    waiting = mean * free  # the share of those who wait
    u = (0.5 + GOLDEN * np.arange(count)) % 1.0
    waits = np.where(u > 1 - waiting, -np.log(np.minimum(1, (1 - u) / waiting)) / free, 0.0)
    return waits * mean / waits.mean() if waits.any() else waits


def _attempts(
    retries: Retries | None, utilisation: float, service_ms: float, base: Mapping[str, float]
) -> float:
    if retries is None:
        return 1.0
    return waiting_times.attempts(utilisation, service_ms, base[retries.after], retries.most)


def _settled(
    retries: Retries | None, first: float, service_ms: float, base: Mapping[str, float]
) -> float:
    if retries is None:
        return first
    return waiting_times.settled(first, service_ms, base[retries.after], retries.most)
