"""A group sequential test of whether a ratio is below or above a bound, or undecided.

The test compares a percentile, usually the median, of a / b over pairs measured back to back with a bound.
Every look at the data, after 12 pairs, 24 and so on, is another chance of a wrong verdict, so the total error
is divided over the looks (K. K. G. Lan and D. L. DeMets, 1983).

Both ends of the interval are measured ratios. It holds for any distribution of noise as long as the pairs are
independent: if the bound were the true median, each ratio would lie below it with probability 1/2, so the
binomial distribution says how many must (W. J. Conover, 1999, section 3.2). The percentile bootstrap of a
median gives the same interval by resampling.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from scipy.stats import binom

from harness.errors import WrongUseError
from harness.measure.latency.compare import Comparison
from harness.measure.stats import Interval, supported

EVERY = 12  # pairs between looks: the fewest that can decide if one of them disagrees
MOST = 60  # pairs: a minute at half a second a side, and more than the 44 that a p90 needs
# Probability of calling a ratio at or above the bound "faster", and of one at or below it "slower".
ERROR = 0.01
# The error spent by a look is the share of pairs seen, to this power (K. Kim and D. L. DeMets, 1987). A power
# below 1 spends early: most ratios are far from the bound, and 11 of the first 12 pairs then decide.
SPENDING = 0.5


class State(StrEnum):
    """The three possible verdicts on a / b against the bound."""

    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Rule:
    """The bound of a ratio and the certainty that a verdict needs.

    q: the percentile of the ratios that is compared with the bound, 50 or 90. most: pairs after which the
    verdict stays undecided. error: probability of each wrong verdict if the percentile is at the bound, over
    all looks. Raises WrongUseError if a value is out of range.
    """

    bound: float = 1.0
    q: float = 50
    most: int = MOST
    error: float = ERROR

    def __post_init__(self) -> None:
        in_range = (
            self.bound > 0 and 0 < self.q < 100 and self.most >= EVERY and 0 < self.error < 0.5
        )
        if not in_range:
            raise WrongUseError(
                f"{self} cannot be decided: give a bound above 0, q between 0 and 100, "
                f"most of at least {EVERY} pairs, and an error between 0 and 0.5."
            )

    @property
    def looks(self) -> tuple[int, ...]:
        """Return the numbers of pairs after which the test looks at the data."""
        return tuple(range(EVERY, self.most + 1, EVERY))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict after `pairs` pairs.

    ratio: percentile `rule.q` of a / b; None if there are too few pairs for it. interval: the interval of
    that percentile; the verdict is decided once it excludes the bound.
    """

    state: State
    ratio: float | None
    interval: Interval
    pairs: int
    rule: Rule

    @property
    def settled(self) -> bool:
        """Return whether to stop measuring: the verdict is decided, or the rule allows no more pairs."""
        return self.state is not State.UNDECIDED or self.pairs >= self.rule.looks[-1]

    def sentence(self) -> str:
        """Return the verdict in words; if undecided, with what to do next."""
        if self.pairs < EVERY:
            return f"Undecided: {self.pairs} pairs are too few: a verdict needs at least {EVERY}."
        bound = f"{self.rule.bound:g}"
        result = f"p{self.rule.q:g} of the ratio lies in {self.interval} (n={self.pairs} pairs)"
        if self.state is not State.UNDECIDED:
            side = "under" if self.state is State.FASTER else "over"
            return f"{self.state.capitalize()}: {result}, {side} the bound of {bound}."
        advice = "try again on a quieter machine" if self.settled else "measure more pairs"
        return f"Undecided: {result}, which includes the bound of {bound}: {advice}."

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`; `high` is None if the interval has no upper end yet."""
        high = self.interval.high if math.isfinite(self.interval.high) else None
        return {
            "verdict": str(self.state),
            "ratio": {
                "p": self.rule.q,
                "value": self.ratio,
                "low": self.interval.low,
                "high": high,
            },
            "bound": self.rule.bound,
            "pairs": self.pairs,
            "error": self.rule.error,
            "sentence": self.sentence(),
        }


RULE = Rule()


def judge(ratios: Sequence[float], rule: Rule = RULE) -> Verdict:
    """Return the verdict of the first look that decides, or else of the latest look.

    Ratios after a decision do not change it. ratios: a / b of each pair, in the order of measurement. Raises
    WrongUseError if one is not a positive finite number.
    """
    if not all(0 < ratio < math.inf for ratio in ratios):
        raise WrongUseError(
            "Every ratio of times must be a positive number: look for a failed measurement."
        )
    verdict = Verdict(State.UNDECIDED, None, Interval(0.0, math.inf), len(ratios), rule)
    for look, pairs in enumerate(rule.looks):
        if pairs > len(ratios):
            break
        verdict = _look(ratios[:pairs], look, rule)
        if verdict.settled:
            break
    return verdict


def decide(comparisons: Iterable[Comparison], rule: Rule = RULE) -> tuple[Comparison, Verdict]:
    """Take comparisons until the verdict is settled, a request has a fault, or there are no more.

    Return the last comparison and its verdict, which is based on 0 pairs after a fault.
    """
    comparison, verdict = Comparison(), judge((), rule)
    for comparison in comparisons:
        verdict = judge(comparison.ratios, rule)
        if verdict.settled or not comparison.clean:
            break
    return comparison, verdict


def _look(ratios: Sequence[float], look: int, rule: Rule) -> Verdict:
    share = rule.q / 100
    needed_below = _needed(rule.looks, rule.error, share)[look]
    needed_above = _needed(rule.looks, rule.error, 1 - share)[look]
    ends = (0.0, *sorted(ratios), math.inf)  # the outer two stand for no limit on that side
    interval = Interval(ends[len(ratios) + 1 - needed_above], ends[needed_below])
    state = State.UNDECIDED
    if interval.high < rule.bound:
        state = State.FASTER
    elif interval.low > rule.bound:
        state = State.SLOWER
    return Verdict(state, supported(ratios, rule.q), interval, len(ratios), rule)


@cache
def _needed(looks: tuple[int, ...], error: float, share: float) -> tuple[int, ...]:
    """Return how many ratios must lie on one side of the bound at each look; n + 1 means it cannot decide.

    share: expected share of the ratios on that side if the bound were the true percentile. `walks[k]` is the
    probability of k ratios there and no earlier verdict, so that the error of each look is computed exactly.
    """
    walks, spent, needed = np.ones(1), 0.0, []
    for before, n in zip((0, *looks), looks, strict=False):
        walks = np.convolve(walks, binom.pmf(np.arange(n - before + 1), n - before, share))
        at_least = np.append(walks[::-1].cumsum()[::-1], 0.0)
        allowed = error * (n / looks[-1]) ** SPENDING - spent
        needed.append(int(np.argmax(at_least <= allowed)))
        spent += at_least[needed[-1]]
        walks[needed[-1] :] = 0.0
    return tuple(needed)
