"""The service that a sample's requests come from: how many come, how busy it is, and what it costs.

Every number follows from the session's quantities and from the sample's times, so that all of them agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache

import numpy as np

from harness.interview.scenario import waiting_times
from harness.interview.scenario.arrivals import (
    MINUTES_A_DAY,
    REQUESTS,
    busiest_hour,
    servers,
    utilisations,
)
from harness.interview.scenario.mechanism import Waiting
from harness.interview.scenario.sample import Sample

HOURS_A_MONTH = 730
DAYS_A_MONTH = HOURS_A_MONTH / 24
BUSIEST_MINUTE = 3  # standard deviations above the mean: the largest of some hundred Poisson counts


@dataclass(frozen=True)
class World:
    """One session's service. Rates are requests a minute; in_flight and in_work are means over the day.

    utilisation: in the busiest hour, with the requests that are sent again. model_ms: the work of the model
    on a request. busy, on, within_goal: shares in percent: of the time at work, of the time switched on, of
    the requests within the goal. needed_gb, free_gb: for keys and values, in the busiest hour.
    """

    requests_a_day: float
    mean_rate: float
    busy_rate: float
    peak_rate: float
    model_ms: float
    wait_ms: float
    attempts: float
    utilisation: float
    busy: float
    on: float
    in_flight: float
    in_work: float
    needed_gb: float
    free_gb: float
    memory: float
    gpus: float
    bill: float
    bill_always_on: float
    answers_a_month: float
    per_1000: float
    goal_ms: float
    goal_share: float
    within_goal: float

    @cached_property
    def numbers(self) -> dict[str, tuple[float, str]]:
        """Return each number with its unit, by name."""
        return {f.name: (getattr(self, f.name), UNITS.get(f.name, "")) for f in fields(self)}


UNITS = {
    **dict.fromkeys(("requests_a_day",), "requests a day"),
    **dict.fromkeys(("mean_rate", "busy_rate", "peak_rate"), "requests a minute"),
    **dict.fromkeys(("model_ms", "wait_ms", "goal_ms"), "ms"),
    **dict.fromkeys(("utilisation", "busy", "on", "memory", "goal_share", "within_goal"), "%"),
    **dict.fromkeys(("needed_gb", "free_gb"), "GB"),
    **dict.fromkeys(("bill", "bill_always_on"), "$ a month"),
    "per_1000": "$ per 1000 answers",
    "answers_a_month": "answers a month",
}


@lru_cache(maxsize=4)
def world(sample: Sample) -> World:
    """Return the service that the sample's requests come from."""
    base, traffic = sample.base, sample.scenario.traffic
    requests, model_ms = base[REQUESTS], float(sample.model.mean())
    mean_rate, busy_rate = requests / MINUTES_A_DAY, busiest_hour(requests, traffic) / 60
    loads = _loads(sample, busy_rate, model_ms)
    on = _on(sample, mean_rate)
    always_on = (
        base["copies"] * base["gpus"] * base["gpu_hour"] * HOURS_A_MONTH + base["other_cost"]
    )
    bill = on * (always_on - base["other_cost"]) + base["other_cost"]
    needed, free = _cache_gb(sample, max(loads))
    used = base["weights_gb"] + min(needed, free)
    answers = requests * DAYS_A_MONTH
    return World(
        requests_a_day=requests,
        mean_rate=mean_rate,
        busy_rate=busy_rate,
        peak_rate=math.ceil(busy_rate + BUSIEST_MINUTE * math.sqrt(busy_rate)),
        model_ms=model_ms,
        wait_ms=waiting_times.wait(servers(base), max(loads)) * model_ms,
        attempts=max(loads) / (busy_rate * model_ms / 60_000),
        utilisation=100 * max(loads) / servers(base),
        busy=100 * float(np.mean([_busy(load, base["copies"], base["slots"]) for load in loads])),
        on=100 * on,
        in_flight=mean_rate * float(sample.total.mean()) / 60_000,
        in_work=float(np.mean(loads)),
        needed_gb=needed,
        free_gb=free,
        memory=100 * used / (base["weights_gb"] + free),
        gpus=base["copies"] * base["gpus"],
        bill=bill,
        bill_always_on=always_on,
        answers_a_month=answers,
        per_1000=bill / answers * 1000,
        goal_ms=base["goal_ms"],
        goal_share=base["goal_share"],
        within_goal=100 * float((sample.total <= base["goal_ms"]).mean()),
    )


def _loads(sample: Sample, busy_rate: float, model_ms: float) -> list[float]:
    """Return how many requests the model works on at once, by hour of the day, all attempts included."""
    traffic = sample.scenario.traffic
    if any(isinstance(wait, Waiting) for wait in sample.scenario.waits):
        each = utilisations(sample.scenario, sample.base, model_ms)
        return [servers(sample.base) * utilisation for utilisation in each]
    most = max(traffic)
    return [busy_rate * part / most * model_ms / 60_000 for part in traffic]


def _busy(load: float, copies: float, slots: float) -> float:
    """Return the share of the time in which a copy works on at least one request."""
    return 1 - waiting_times.idle(round(slots), load / copies)


def _on(sample: Sample, mean_rate: float) -> float:
    """Return the share of the time in which a copy runs: less than 1 if it is stopped after a pause."""
    pauses = (regime.after_pause for regime in sample.scenario.regimes.values())
    pause = next(filter(None, pauses), None)
    return 1 - math.exp(-mean_rate * sample.base[pause]) if pause else 1.0


def _cache_gb(sample: Sample, load: float) -> tuple[float, float]:
    """Return the memory of a copy for keys and values in GB: needed in the busiest hour, and free."""
    base = sample.base
    tokens = base["prompt_tokens"] + base["output_tokens"]
    needed = load / base["copies"] * tokens * base["cache_kb"] / 1e6
    return needed, base["gpus"] * base["gpu_gb"] - base["weights_gb"]
