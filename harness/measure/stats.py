"""Statistics of samples: percentiles, proportions, and ratios with their uncertainty.

A percentile of too few samples is no more than the maximum, so `percentile` refuses it and `tail` shows
"max of 12" instead. NumPy and SciPy compute all the statistics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95  # of every interval shown
SEEN = 0.99  # required probability that at least one sample lies beyond the percentile
# Smallest n whose samples lie on both sides of the true median in over 9 of 10 runs: 1 - 2 / 2**5.
MEDIAN_FROM = 5


class TooFewSamplesError(ValueError):
    """Too few samples for a statistic; the message says how many it needs."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A statistic with the label that `n` samples support: "p90", or "max of 12" for a small n."""

    label: str
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Proportion:
    """A proportion of `successes` in `n` trials; with n = 0 the rate is nan and the interval 0 to 1."""

    successes: int
    n: int

    @property
    def rate(self) -> float:
        """Return the share of successes, 0 to 1; nan if n is 0."""
        return self.successes / self.n if self.n else math.nan

    @property
    def interval(self) -> Interval:
        """Return the 95 % Wilson interval of the rate."""
        return wilson(self.successes, self.n) if self.n else Interval(0.0, 1.0)

    def __str__(self) -> str:
        if not self.n:
            return "none of 0"
        low, high = (round(100 * end) for end in (self.interval.low, self.interval.high))
        share = f"{self.rate:.0%}".replace("%", " %")
        return f"{share} ({self.successes} of {self.n}, 95 % interval {low} to {high} %)"

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`; the rate is None if n is 0."""
        low, high = self.interval.low, self.interval.high
        rate = self.rate if self.n else None
        return {"successes": self.successes, "n": self.n, "rate": rate, "interval": [low, high]}


@dataclass(frozen=True, slots=True)
class Latencies:
    """Percentiles in ms, each None if `n` is too small for it: below 5, 44 and 459 samples."""

    n: int
    p50: float | None
    p90: float | None
    p99: float | None
    max: float | None

    def to_json(self) -> dict[str, float | None]:
        """Return plain types for `json.dumps`."""
        return asdict(self)


def samples_needed(q: float) -> int:
    """Return how many samples percentile `q` needs: p50 5, p90 44, p99 459.

    Above the median it is the smallest n with 1 - (q/100)**n >= 0.99: in at most one of 100 runs do all n
    samples lie below the true percentile, where no estimate can reach it. Below the median the same holds
    from the other side. Raises ValueError unless 0 < q < 100.
    """
    if not 0 < q < 100:
        raise ValueError(f"A percentile lies between 0 and 100, not at {q:g}: use min() or max().")
    outer = max(q, 100 - q) / 100
    if outer == 0.5:
        return MEDIAN_FROM
    return math.ceil(math.log(1 - SEEN) / math.log(outer))


def percentile(samples: Sequence[float], q: float) -> float:
    """Return percentile `q` (0 to 100) in the unit of the samples, with NumPy's linear interpolation.

    Raises TooFewSamplesError, a ValueError, if there are fewer than `samples_needed(q)`.
    """
    values, needed = _checked(samples), samples_needed(q)
    if len(values) < needed:
        raise TooFewSamplesError(
            f"p{q:g} needs {needed} samples and there are {len(values)}: "
            "measure more, or show the largest as `tail()` does."
        )
    return float(np.percentile(values, q, method="linear"))


def supported(samples: Sequence[float], q: float) -> float | None:
    """Return percentile `q` (0 to 100), or None if there are too few samples for it."""
    return percentile(samples, q) if len(samples) >= samples_needed(q) else None


def latencies(samples_ms: Sequence[float]) -> Latencies:
    """Return the percentiles that the number of samples allows. Raises ValueError if one is not finite."""
    percentiles = (supported(samples_ms, q) for q in (50, 90, 99))
    return Latencies(len(samples_ms), *percentiles, max=max(samples_ms, default=None))


def percentile_interval(samples: Sequence[float], q: float) -> Interval | None:
    """Return the 95 % interval of percentile `q` (0 to 100), or None if there are too few samples for it.

    Its ends are samples (order statistics), so it holds for any distribution: W. J. Conover, 1999.
    """
    test = stats.quantile_test(_checked(samples), p=q / 100)
    interval = test.confidence_interval(CONFIDENCE)
    if math.isnan(interval.low) or math.isnan(interval.high):
        return None
    return Interval(float(interval.low), float(interval.high))


def middle(samples: Sequence[float]) -> Mark:
    """Return the median, labelled "p50" from 5 samples on and "median of n" below."""
    values = _checked(samples)
    label = "p50" if len(values) >= samples_needed(50) else f"median of {len(values)}"
    return Mark(label, float(np.median(values)), len(values))


def tail(samples: Sequence[float], q: float = 90) -> Mark:
    """Return percentile `q` if n allows it, or else the largest sample, labelled "max of n"."""
    values = _checked(samples)
    if len(values) < samples_needed(q):
        return Mark(f"max of {len(values)}", float(values.max()), len(values))
    return Mark(f"p{q:g}", percentile(samples, q), len(values))


def wilson(successes: int, n: int) -> Interval:
    """Return the 95 % interval of a proportion after `successes` of `n` trials (E. B. Wilson, 1927).

    Unlike the normal approximation it stays within 0 to 1 and holds for 0 or n successes. Raises ValueError
    unless 0 <= successes <= n and n >= 1.
    """
    if not (n >= 1 and 0 <= successes <= n):
        raise ValueError(
            f"{successes} of {n} is not a proportion: give 0 <= successes <= n and n >= 1."
        )
    interval = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def median_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """Return median(a) / median(b); below 1, `a` is faster."""
    return float(_ratio(_checked(a), _checked(b)))


def bootstrap_ratio(
    a: Sequence[float], b: Sequence[float], confidence: float = CONFIDENCE, seed: int = 0
) -> Interval:
    """Return the interval of `median_ratio(a, b)` for paired samples, a[i] and b[i] measured back to back.

    Pairs are resampled together, so that load which slows both cancels. It uses the percentile method and not
    BCa, whose correction comes from a jackknife, which fails for medians (Efron and Tibshirani, 1993, section
    11.6). The same samples and seed give the same interval. Raises TooFewSamplesError below 5 pairs, and
    ValueError if the lengths differ or a time is not positive.
    """
    first, second = _checked(a), _checked(b)
    _check_pairs(first, second)
    interval = stats.bootstrap(
        (first, second),
        _ratio,
        paired=True,
        vectorized=True,
        confidence_level=confidence,
        method="percentile",
        # Named `rng` from SciPy 1.15 on; both names are accepted.
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(interval.low), float(interval.high))


def _ratio(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.median(a, axis=axis) / np.median(b, axis=axis)


def _check_pairs(a: np.ndarray, b: np.ndarray) -> None:
    if len(a) != len(b):
        raise ValueError(f"Paired samples must have equal lengths, not {len(a)} and {len(b)}.")
    if len(a) < MEDIAN_FROM:
        raise TooFewSamplesError(
            f"A ratio of medians needs {MEDIAN_FROM} pairs and there are {len(a)}: measure more."
        )
    if min(a.min(), b.min()) <= 0:
        raise ValueError("Every time must be above 0: look for a failed measurement.")


def _checked(samples: Sequence[float]) -> np.ndarray:
    """Return the samples, shape (n,). Raises ValueError if there are none or one is not finite."""
    values = np.asarray(samples, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"Samples must have one dimension, not the shape {values.shape}.")
    if values.size == 0:
        raise TooFewSamplesError("There are no samples: measure at least once.")
    if not np.isfinite(values).all():
        raise ValueError("Every sample must be a finite number: look for a failed measurement.")
    return values
