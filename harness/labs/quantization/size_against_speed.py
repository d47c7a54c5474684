"""Pairs of model files of which the larger one reads a prompt faster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from harness.labs.quantization.phases import Phases, times_faster
from harness.measure.stats import Interval


@dataclass(frozen=True, slots=True)
class LargerAndFaster:
    """A file with more bytes than another and a faster prefill, with the 95 % interval of the speed-up."""

    larger: str
    smaller: str
    size_ratio: float
    speedup: float
    interval: Interval


def larger_and_faster(
    weight_bytes: Mapping[str, int], phases: Mapping[str, Phases], least: float
) -> Iterator[LargerAndFaster]:
    """Yield the pairs with a ratio of sizes, and a lower end of the speed-up's interval, above `least`."""
    for larger, smaller in permutations(weight_bytes, 2):
        size_ratio = weight_bytes[larger] / weight_bytes[smaller]
        slow, fast = phases[smaller].prefill_ms, phases[larger].prefill_ms
        speedup, interval = times_faster(slow, fast)
        if size_ratio > least and interval.low > least:
            yield LargerAndFaster(larger, smaller, size_ratio, speedup, interval)
