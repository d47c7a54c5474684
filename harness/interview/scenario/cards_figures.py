"""The numbers on cards: a dotted name ("p95.total", "slowest.mean.decode", "fact.vectors") -> a figure.

    [group.]statistic.measure    statistic: mean, p50, p75, p90, p95, max
    group.share, group.count     the share of requests in a group (%), and their number
    base.quantity                the value of a quantity in this session
    label.stage                  what the stage is called on the cards
    fact.name                    a fact that the scenario states about its service
    world.name                   a number of `world.World`, such as the requests a minute or the bill
    group.rate                   the requests a minute in a group of hours
    after.total, after.ttft      the time left after the fix, in the requests that users find slow
    after.stage                  the time of one stage after the fix

Groups: all, felt, a regime (or not_ and a regime), slowest (5 %), renewed or not_renewed, h00 … h20 (four
hours each), s00 … s45 (quarters of the minute), and single requests: one_typical, one_slow, one_slowest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.interview.scenario import waiting_times
from harness.interview.scenario.arrivals import MINUTES_A_DAY, REQUESTS, servers
from harness.interview.scenario.mechanism import Derived, Fact, Given, Queued
from harness.interview.scenario.sample import N, Sample
from harness.interview.scenario.scenario import BEFORE_FIRST_TOKEN, LABELS, STAGES
from harness.interview.scenario.world import world

SLOWEST = 15  # of 300: 5 %
HOURS = 4  # of a part of the day, h00 to h20
WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def _percentile(values: np.ndarray, percent: int) -> float:
    """Return a percentile, interpolated as `np.percentile` does, which takes ten times as long."""
    ordered, place = np.sort(values), (len(values) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


STATISTICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "mean": np.mean,
    **{f"p{p}": lambda values, p=p: _percentile(values, p) for p in (50, 75, 90, 95)},
    "max": np.max,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, formatted with a sensible number of digits.

    Formats: "w" spells a small count, "r" rounds to three digits.
    """

    value: float
    unit: str = ""

    def __format__(self, spec: str) -> str:
        number = _number(self.value, spec)
        if self.unit.startswith("$"):
            return f"${number}{self.unit[1:]}"
        return f"{number} {self.unit}".strip()


def _number(value: float, spec: str) -> str:
    if spec == "w" and value in range(len(WORDS)):
        return WORDS[int(value)]
    if spec == "r":
        return _plain(float(f"{value:.3g}"))
    return format(value, spec) if spec and spec != "w" else _plain(value)


def _plain(value: float) -> str:
    if value == round(value) or value >= 20:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 1 else f"{value:.2g}"


def figure(name: str, sample: Sample, facts: Mapping[str, Fact]) -> Figure | str:
    """Return the number that `name` stands for; a fact may be a text. Raises KeyError for an unknown name."""
    first, *rest = name.split(".")
    if first == "fact" and len(rest) == 1:
        return _fact(facts[rest[0]], sample)
    if first == "label" and len(rest) == 1:
        return sample.scenario.labels.get(rest[0]) or LABELS[rest[0]]
    if first == "base" and len(rest) == 1:
        return Figure(sample.base[rest[0]], sample.scenario.quantities[rest[0]].unit)
    if first == "after" and len(rest) == 1:
        return Figure(_after(rest[0], sample, facts), "ms")
    if first == "world" and len(rest) == 1:
        return Figure(*world(sample).numbers[rest[0]])
    if first in STATISTICS and len(rest) == 1:
        return _statistic("all", first, rest[0], sample)
    return _group_figure(name, first, rest, sample)


def _group_figure(name: str, group: str, rest: list[str], sample: Sample) -> Figure:
    if rest == ["share"]:
        return Figure(100 * float(_group(group, sample).mean()), "%")
    if rest == ["rate"]:
        share = float(_group(group, sample).mean())
        parts = MINUTES_A_DAY / (60 * HOURS)
        return Figure(share * sample.base[REQUESTS] / MINUTES_A_DAY * parts)
    if rest == ["count"]:
        return Figure(float(_group(group, sample).sum()))
    if len(rest) == 2 and rest[0] in STATISTICS:
        return _statistic(group, *rest, sample)
    raise KeyError(name)


def _statistic(group: str, statistic: str, measure: str, sample: Sample) -> Figure:
    values, unit = _measure(measure, sample)
    values = values[_group(group, sample)]
    # A group may be empty, such as a part of the day without requests.
    return Figure(float(STATISTICS[statistic](values)) if len(values) else 0.0, unit)


def _measure(name: str, sample: Sample) -> tuple[np.ndarray, str]:
    if name in STAGES:
        return sample.stages[name], "ms"
    if name in ("total", "ttft", "server"):
        return getattr(sample, name), "ms"
    if name == "service":
        return sample.model, "ms"
    return sample.quantities[name], sample.scenario.quantities[name].unit


def _group(name: str, sample: Sample) -> np.ndarray:
    """Return a mask, bool (300,). Raises KeyError for an unknown group."""
    if name == "felt":
        return sample.where(sample.scenario.felt)
    if name in ("renewed", "not_renewed"):
        return sample.renewed == (name == "renewed")
    if name[:1] in "hs" and name[1:].isdigit():
        width, values = (HOURS, sample.hour) if name[0] == "h" else (15, sample.second)
        return values // width == int(name[1:]) // width
    if name in ("slowest", "one_typical", "one_slow", "one_slowest"):
        return _by_rank(name, sample.total)
    return sample.where(name.replace("not_", "not ", 1))


def _by_rank(name: str, total: np.ndarray) -> np.ndarray:
    """Return the mask of the slowest 5 %, or of the single request at the median, at p95 or at the end."""
    order = np.argsort(total, kind="stable")
    rank = {"one_typical": N // 2, "one_slow": N * 95 // 100, "one_slowest": N - 1}.get(name)
    mask = np.zeros(N, bool)
    mask[order[-SLOWEST:] if rank is None else order[rank]] = True
    return mask


def _fact(fact: Fact, sample: Sample) -> Figure | str:
    if isinstance(fact, Given):
        return Figure(fact.value, fact.unit)
    if isinstance(fact, Derived):
        return Figure(float(fact.value(sample.base)), fact.unit)
    if isinstance(fact, Queued):
        return Figure(_queued(fact, sample), "ms")
    return fact


def _queued(fact: Queued, sample: Sample) -> float:
    service, load = world(sample).model_ms, world(sample).utilisation / 100 * servers(sample.base)
    if not fact.retries:
        load /= world(sample).attempts
    return waiting_times.wait(fact.servers, load) * service


def _after(measure: str, sample: Sample, facts: Mapping[str, Fact]) -> float:
    stages = {"total": STAGES, "ttft": BEFORE_FIRST_TOKEN}.get(measure, (measure,))
    return sum(_stage_after(stage, sample, facts) for stage in stages)


def _stage_after(stage: str, sample: Sample, facts: Mapping[str, Fact]) -> float:
    after = sample.scenario.fix.after.get(stage)
    if after is None:
        return float(sample.stages[stage][sample.where(sample.scenario.felt)].mean())
    if isinstance(after, str):
        return _fact(facts[after], sample).value if after in facts else sample.base[after]
    return after
