"""What a set of samples may claim: percentiles, proportions, and ratios with their uncertainty.

A percentile from too few samples is only a confident name for the maximum, so `percentile` refuses
it and `tail` shows "max of 12" instead. All the statistics are NumPy's and SciPy's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95  # of every interval shown
SEEN = 0.99  # how sure we want to be that the samples reach beyond the percentile at all
MEDIAN_FROM = 5  # smallest n whose range holds the true median in over 9 of 10 runs: 1 - 2 / 2**5


class TooFewSamplesError(ValueError):
    """There are not enough samples for this statistic; the message says how many it needs."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What a value lies in with the stated confidence, both ends included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True, slots=True)
class Mark:
    """One number about samples under the name it deserves: "p90", or "max of 12" for a small n."""

    label: str
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Proportion:
    """`successes` of `n` trials; n may be 0, which says nothing: rate nan, interval 0 to 1."""

    successes: int
    n: int

    @property
    def rate(self) -> float:
        """Share of successes, 0 to 1."""
        return self.successes / self.n if self.n else math.nan

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of the rate."""
        return wilson(self.successes, self.n) if self.n else Interval(0.0, 1.0)

    def __str__(self) -> str:
        if not self.n:
            return "none of 0"
        low, high = (round(100 * end) for end in (self.interval.low, self.interval.high))
        share = f"{self.rate:.0%}".replace("%", " %")
        return f"{share} ({self.successes} of {self.n}, 95 % interval {low} to {high} %)"

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`; the rate is None when n is 0."""
        low, high = self.interval.low, self.interval.high
        rate = self.rate if self.n else None
        return {"successes": self.successes, "n": self.n, "rate": rate, "interval": [low, high]}


def samples_needed(q: float) -> int:
    """How many samples percentile `q` needs: p50 5, p90 44, p99 459.

    Beyond the median it is the smallest n with 1 - (q/100)**n >= 0.99: that all n samples lie below
    the true percentile, where no estimate can reach it, happens at most once in 100 runs. Below the
    median the same from the other side. Raises ValueError unless 0 < q < 100.
    """
    if not 0 < q < 100:
        raise ValueError(f"A percentile lies between 0 and 100, not at {q:g}: use min() or max().")
    outer = max(q, 100 - q) / 100
    if outer == 0.5:
        return MEDIAN_FROM
    return math.ceil(math.log(1 - SEEN) / math.log(outer))


def percentile(samples: Sequence[float], q: float) -> float:
    """Percentile `q` (0 to 100) in the unit of the samples, NumPy's linear interpolation.

    Raises TooFewSamplesError, a ValueError, below `samples_needed(q)`.
    """
    values, needed = _checked(samples), samples_needed(q)
    if len(values) < needed:
        raise TooFewSamplesError(
            f"p{q:g} needs {needed} samples and there are {len(values)}: "
            "measure more, or show the largest as `tail()` does."
        )
    return float(np.percentile(values, q, method="linear"))


def middle(samples: Sequence[float]) -> Mark:
    """The median: "p50" from 5 samples on, "median of n" below."""
    values = _checked(samples)
    label = "p50" if len(values) >= samples_needed(50) else f"median of {len(values)}"
    return Mark(label, float(np.median(values)), len(values))


def tail(samples: Sequence[float], q: float = 90) -> Mark:
    """The slow end: percentile `q` where n allows it, else the largest sample as "max of n"."""
    values = _checked(samples)
    if len(values) < samples_needed(q):
        return Mark(f"max of {len(values)}", float(values.max()), len(values))
    return Mark(f"p{q:g}", percentile(samples, q), len(values))


def wilson(successes: int, n: int) -> Interval:
    """95 % interval of a proportion after `successes` of `n` trials (E. B. Wilson, 1927).

    Unlike the textbook's normal interval it stays inside 0 to 1 and holds for 0 or n successes.
    Raises ValueError unless 0 <= successes <= n and n >= 1.
    """
    if not (n >= 1 and 0 <= successes <= n):
        raise ValueError(f"{successes} of {n} is no proportion: give 0 <= successes <= n, n >= 1.")
    found = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))


def median_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """median(a) / median(b); below 1, `a` is the faster one."""
    return float(_ratio(_checked(a), _checked(b)))


def bootstrap_ratio(
    a: Sequence[float], b: Sequence[float], confidence: float = CONFIDENCE, seed: int = 0
) -> Interval:
    """Interval of `median_ratio(a, b)` for paired samples: a[i] and b[i] measured back to back.

    Pairs are drawn together, so that load which slows both cancels. The percentile method, not BCa:
    BCa's correction comes from a jackknife, which fails for medians (Efron and Tibshirani, 1993,
    section 11.6). The same samples and seed give the same interval. Raises TooFewSamplesError below
    5 pairs, ValueError for unequal lengths or times that are not positive.
    """
    first, second = _checked(a), _checked(b)
    _check_pairs(first, second)
    found = stats.bootstrap(
        (first, second),
        _ratio,
        paired=True,
        vectorized=True,
        confidence_level=confidence,
        method="percentile",
        random_state=np.random.default_rng(seed),  # named `rng` from SciPy 1.15 on; both are taken
    ).confidence_interval
    return Interval(float(found.low), float(found.high))


def _ratio(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.median(a, axis=axis) / np.median(b, axis=axis)


def _check_pairs(a: np.ndarray, b: np.ndarray) -> None:
    if len(a) != len(b):
        raise ValueError(f"Paired samples come in equal numbers, not {len(a)} and {len(b)}.")
    if len(a) < MEDIAN_FROM:
        raise TooFewSamplesError(
            f"A ratio of medians needs {MEDIAN_FROM} pairs and there are {len(a)}: measure more."
        )
    if min(a.min(), b.min()) <= 0:
        raise ValueError("A time must be greater than zero: look for a failed sample.")


def _checked(samples: Sequence[float]) -> np.ndarray:
    """The samples, shape (n,). Raises ValueError for none, or one that is not a finite number."""
    values = np.asarray(samples, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"Samples must be one row of numbers, not of shape {values.shape}.")
    if values.size == 0:
        raise TooFewSamplesError("There are no samples: measure at least once.")
    if not np.isfinite(values).all():
        raise ValueError("A sample is not a finite number: look for a failed measurement.")
    return values
