"""Faster, slower, or undecided: a verdict that may look early and is still seldom wrong.

What is judged is the median of a / b over pairs measured back to back, against a bound. Looking at 12
pairs, then at 24, and on, gives chance one more try each time, so the error that is allowed in all is
divided over the looks (K. K. G. Lan and D. L. DeMets, 1983).

Both ends of the interval are ratios that were measured, and however wild the noise, it holds as long as
one pair does not know of the next: were the bound the true median, a ratio would lie under it as a coin
falls, so the binomial distribution says how many must (W. J. Conover, 1999, section 3.2). The percentile
bootstrap of a median comes to the same, by resampling.
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
from harness.measure.latency.latencies import supported
from harness.measure.latency.stats import Interval

EVERY = 12  # pairs between looks: the fewest that decide although one of them disagrees
MOST = 60  # pairs: a minute of half a second a side, and above the 44 that a p90 needs
ERROR = 0.01  # of calling a ratio at the bound or above it "faster", and the same for "slower"
# Power of the share of pairs seen, for the error spent by then (K. Kim and D. L. DeMets, 1987). Below 1
# spends early: most ratios are far from the bound, and 11 of the first 12 pairs then decide.
SPENDING = 0.5


class State(StrEnum):
    """The three verdicts on a / b against the bound."""

    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of a ratio, and how sure the verdict must be. Raises WrongUseError.

    bound: of the ratio. q: the percentile of the ratios that is held against it, 50 or 90. most: pairs
    until it stays undecided. error: probability of each wrong verdict at the bound itself, over all looks.
    """

    bound: float = 1.0
    q: float = 50
    most: int = MOST
    error: float = ERROR

    def __post_init__(self) -> None:
        fits = self.bound > 0 and 0 < self.q < 100 and self.most >= EVERY and 0 < self.error < 0.5
        if not fits:
            raise WrongUseError(
                f"{self} cannot be decided: give a bound above 0, q between 0 and 100, "
                f"most from {EVERY} pairs on, and an error between 0 and 0.5."
            )

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of pairs after which it is looked."""
        return tuple(range(EVERY, self.most + 1, EVERY))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict after `pairs` pairs.

    ratio: percentile `rule.q` of a / b; None with too few pairs for one. interval: what that percentile
    lies in; it decides when it leaves the bound out.
    """

    state: State
    ratio: float | None
    interval: Interval
    pairs: int
    rule: Rule

    @property
    def settled(self) -> bool:
        """True when more pairs are not to be measured: decided, or as many as the rule allows."""
        return self.state is not State.UNDECIDED or self.pairs >= self.rule.looks[-1]

    def sentence(self) -> str:
        """The verdict in words; undecided says what to do."""
        if self.pairs < EVERY:
            return f"Undecided: {self.pairs} pairs are too few, a verdict needs {EVERY}."
        bound = f"{self.rule.bound:g}"
        seen = f"p{self.rule.q:g} of the ratio lies in {self.interval} (n={self.pairs} pairs)"
        if self.state is not State.UNDECIDED:
            side = "under" if self.state is State.FASTER else "over"
            return f"{self.state.capitalize()}: {seen}, {side} the bound of {bound}."
        todo = "try again on a quieter machine" if self.settled else "measure more"
        return f"Undecided: {seen}, around the bound of {bound}: {todo}."

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`; `high` is None where nothing limits the ratio yet."""
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
    """The verdict of the first look that decides, else of the latest; later ratios do not change it.

    ratios: a / b, one a pair, in the order they were measured. Raises WrongUseError for one that is not
    a positive finite number.
    """
    if not all(0 < ratio < math.inf for ratio in ratios):
        raise WrongUseError("A ratio of times is a positive number: look for a failed measurement.")
    verdict = Verdict(State.UNDECIDED, None, Interval(0.0, math.inf), len(ratios), rule)
    for look, pairs in enumerate(rule.looks):
        if pairs > len(ratios):
            break
        verdict = _look(ratios[:pairs], look, rule)
        if verdict.settled:
            break
    return verdict


def decide(comparisons: Iterable[Comparison], rule: Rule = RULE) -> tuple[Comparison, Verdict]:
    """Take blocks until the verdict is settled, a request has a fault, or there are no more.

    Returns the last comparison; after a fault its verdict rests on 0 pairs.
    """
    comparison, verdict = Comparison(), judge((), rule)
    for comparison in comparisons:
        verdict = judge(comparison.ratios, rule)
        if verdict.settled or not comparison.clean:
            break
    return comparison, verdict


def _look(ratios: Sequence[float], look: int, rule: Rule) -> Verdict:
    share = rule.q / 100
    below = _needed(rule.looks, rule.error, share)[look]
    above = _needed(rule.looks, rule.error, 1 - share)[look]
    ends = (0.0, *sorted(ratios), math.inf)  # the outer two: no ratio limits it on that side
    interval = Interval(ends[len(ratios) + 1 - above], ends[below])
    state = State.UNDECIDED
    if interval.high < rule.bound:
        state = State.FASTER
    elif interval.low > rule.bound:
        state = State.SLOWER
    return Verdict(state, supported(ratios, rule.q), interval, len(ratios), rule)


@cache
def _needed(looks: tuple[int, ...], error: float, share: float) -> tuple[int, ...]:
    """How many ratios must lie on one side of the bound, look by look; n + 1 is more than can.

    share: of the ratios that would lie there were the bound the true percentile. `walks[k]` is then the
    probability of k there and no verdict before, so that what a look may spend is counted exactly.
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
