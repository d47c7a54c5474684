"""The checks of lab 01, first half: reading a profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, Exercise, Unit, check, close, hint, kind, ms, score
from grader.exercise.randomness import asked, fresh_rng
from grader.exercise.traces import BareTrace, Known, known_trace, latencies, stage_table
from harness.semconv import STAGES

ROUNDS = 20  # fresh inputs per check: enough to meet every trap, far below a second
DRAWN = 8  # percentiles whose fewest samples are asked for, beside p90 and p99
APART_MS = 0.25  # over twice the tolerance of a duration
SHARE = Unit("{:.3f}", 0.001)

BREAKDOWN = Exercise("01", 1, "breakdown")
PERCENTILE = Exercise("01", 2, "percentile")
EXPLAIN = Exercise("01", 3, "explain")


@check
def breakdown(function: Callable[[BareTrace], dict[str, float]]) -> None:
    """Check the stage times of synthetic traces with two `network` spans and spans that are not stages."""
    limits = CallLimits(BREAKDOWN)
    for _ in range(ROUNDS):
        known = known_trace(fresh_rng())
        got = limits.call(function, known.trace)
        BREAKDOWN.returned(got, Mapping, "a dict, stage -> ms")
        if set(got) != set(STAGES):
            extra, missing = set(got) - set(STAGES), set(STAGES) - set(got)
            BREAKDOWN.fail(
                f"the stages {', '.join(STAGES)}",
                ", ".join(map(str, got)) or "an empty dict",
                f"{_names(extra)}: not a stage, and its time is counted in the stages already"
                if extra
                else f"{_names(missing)}: does your loop reach every span?",
            )
        for stage, expected in known.stage_ms.items():
            value = BREAKDOWN.finite(got[stage], stage)
            where = f"for {stage}{_sum(known, stage)}"
            BREAKDOWN.expect(value, expected, where, _look_at_stage, known, stage, unit=MS)
    BREAKDOWN.passed("That table is the one every latency conversation should start with.")


def _names(names: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, names)))


def _durations(known: Known, stage: str) -> list[float]:
    return [span.duration_ms for span in known.trace.spans if span.name == stage]


def _sum(known: Known, stage: str) -> str:
    parts = _durations(known, stage)
    return f" ({' + '.join(f'{part:.1f}' for part in parts)})" if len(parts) > 1 else ""


def _look_at_stage(value: float, known: Known, stage: str) -> str:
    parts = _durations(known, stage)
    if len(parts) > 1 and close(value, parts[-1]):
        return f"the two {stage} spans: the second replaced the first; add them up"
    if len(parts) > 1 and close(value, parts[0]):
        return f"the two {stage} spans: only the first is counted; add them up"
    if abs(value * 1000 - known.stage_ms[stage]) < 1:
        return "the unit: span.duration_ms is in ms already"
    return f"span.duration_ms of each span named {stage}"


@check
def percentile(function: Callable[[list[float], float], float], out_of: float) -> float:
    """Check percentiles (2/3 of the points) and the refusal of those with too few samples (1/3)."""
    limits = CallLimits(PERCENTILE)
    parts = [
        (2 / 3, lambda: _values(limits, function)),
        (1 / 3, lambda: _refusals(limits, function)),
    ]
    points = score(out_of, *parts)
    if points == out_of:
        PERCENTILE.passed("It knows p50 and p90, and it refuses what the samples cannot show.")
    return points


def _values(limits: CallLimits, function: Callable) -> None:
    rng = fresh_rng()
    for p, sizes in [(50, (10, 11, 20)), (90, (44, 51, 60))] * (ROUNDS // 2):
        samples = _telling(rng, rng.choice(sizes), p)
        got = PERCENTILE.finite(limits.call(function, samples, p), f"p{p}")
        expected, where = float(np.percentile(samples, p)), f"as p{p} of {len(samples)} samples"
        PERCENTILE.expect(got, expected, where, _look_at_percentile, samples, p, unit=MS)


def _telling(rng: Random, n: int, p: int) -> list[float]:
    """Return `n` samples of which none is near the mean, which the order of arrival does not give either.

    Otherwise chance gives one mistake the message of another.
    """
    while True:
        samples = latencies(rng, n)
        others = [_unsorted(samples, p), *samples]
        if min(abs(other - np.mean(samples)) for other in others) > APART_MS:
            return samples


def _unsorted(samples: list[float], p: int) -> float:
    """Return the percentile of samples that are taken for sorted."""
    rank = (len(samples) - 1) * p / 100
    low = math.floor(rank)
    high = min(low + 1, len(samples) - 1)
    return samples[low] + (rank - low) * (samples[high] - samples[low])


def _look_at_percentile(got: float, samples: list[float], p: int) -> str:
    rank = (len(samples) - 1) * p / 100
    if close(got, _unsorted(samples, p)):
        return "the order of the samples: they arrive unsorted"
    if close(got, float(np.mean(samples))):
        return "the definition: this is the mean, and a percentile is not an average"
    if got in samples and rank % 1:
        return f"rank (n - 1) * p / 100 = {rank:.2f}: it lies between two samples, so interpolate"
    return f"rank (n - 1) * p / 100 = {rank:.2f}, counted from 0 in the sorted samples"


def _refusals(limits: CallLimits, function: Callable) -> None:
    enough = {p: _enough(p) for p in (99, 90, *fresh_rng().sample(range(51, 99), DRAWN))}
    few = [(99, 20), *((p, n - 1) for p, n in enough.items())]
    for (p, n), refused in asked(
        lambda case: _refused(limits, function, *case), [*few, *enough.items()]
    ):
        if not refused and n < enough[p]:
            got = limits.call(function, latencies(fresh_rng(), n), p)
            PERCENTILE.fail(
                f"ValueError for p{p} of {n} samples",
                f"{ms(PERCENTILE.finite(got, f'p{p}'))}, which is close to the maximum",
                _chance(p, n),
            )
        if refused and n >= enough[p]:
            PERCENTILE.fail(f"p{p} of {n} samples, which are enough", "ValueError", _chance(p, n))


def _enough(p: int) -> int:
    """Return the fewest samples whose maximum is above the true percentile with a probability of 99 %."""
    return math.ceil(math.log(0.01) / math.log(p / 100))


def _refused(limits: CallLimits, function: Callable, p: int, n: int) -> bool:
    """Return True if the function raises ValueError for p of n samples."""

    @wraps(function)
    def refuses(samples: list[float], p: int) -> bool:
        try:
            function(samples, p)
        except ValueError:
            return True
        return False

    return limits.call(refuses if callable(function) else function, latencies(fresh_rng(), n), p)


def _chance(p: int, n: int) -> str:
    return f"the chance that all {n} samples miss it: {p / 100:g} ** {n} = {(p / 100) ** n:.2g}"


@check
def explain(function: Callable[[dict[str, float], float], tuple[str, float]]) -> None:
    """Check the largest stage, and the share of end-to-end that the stages account for."""
    limits = CallLimits(EXPLAIN)
    for _ in range(ROUNDS):
        rng = fresh_rng()
        stage_ms = stage_table(rng, rng.uniform(500, 4000))
        stages = sum(stage_ms.values())
        total = stages / rng.uniform(0.7, 0.99)
        got = limits.call(function, stage_ms, total)
        EXPLAIN.returned(got, tuple | list, "two things: (stage, coverage)", n=2)
        largest = max(stage_ms.values())
        if not isinstance(got[0], str) or stage_ms.get(got[0]) != largest:
            name = max(stage_ms, key=stage_ms.__getitem__)
            EXPLAIN.fail(f"{name} in {stage_ms}", kind(got[0]), "the stage with the largest value")
        coverage, share = EXPLAIN.finite(got[1], "coverage"), stages / total
        where = f"as coverage: {stages:.1f} of {total:.1f} ms"
        EXPLAIN.expect(
            coverage, share, where, _look_at_coverage, largest, stages, total, unit=SHARE
        )
    EXPLAIN.passed("Below 98 % coverage, find the missing time before you fix anything else.")


def _look_at_coverage(got: float, largest: float, stages: float, total: float) -> str:
    mistakes = {
        "the divisor: total_ms, not the sum of the stages, or no time can ever be missing": 1.0,
        "the numerator: all stages together, not only the largest": largest / total,
        "the unit: a share from 0 to 1, not a percentage": 100 * stages / total,
    }
    return hint(got, mistakes, "the sum of all stages, divided by total_ms", SHARE)
