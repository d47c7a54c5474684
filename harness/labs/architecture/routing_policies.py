"""What routing costs and saves: both assistants asked, every policy computed from the same answers."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy import stats
from scipy.optimize import isotonic_regression
from tqdm.auto import tqdm

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.kb.questions import Case
from harness.measure.latency.faults import Fault
from harness.measure.quality.quality import judge
from harness.measure.latency.stats import Interval, Proportion
from harness.measure.latency.timing import NS_PER_MS, Timing, clocked

Goes = Callable[["Outcome"], bool]  # to the small one?
TO_SMALL, TO_LARGE = (lambda outcome: True), (lambda outcome: False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked of both. score: its difficulty, and `score_ms` what it took to find out.

    times in ms, end-to-end.
    """

    score: float
    score_ms: float
    small_ms: float
    large_ms: float
    small_right: bool
    large_right: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What a way of routing comes to. to_small: share sent there; mean_ms: with the price of the score."""

    name: str
    to_small: float
    mean_ms: float
    right: Proportion

    def cost_ms(self, price_ms: float) -> float:
        """Mean ms of a request when a wrong answer costs `price_ms` on top."""
        return self.mean_ms + price_ms * (1 - self.right.rate)


@dataclass(frozen=True, slots=True)
class Gain:
    """Mean ms a question saved against `than`, wrong answers priced in, with its 95 % interval."""

    than: str
    mean_ms: float
    interval: Interval

    def sentence(self) -> str:
        """Whether it is one."""
        low, high = self.interval.low, self.interval.high
        sure = f"{abs(self.mean_ms):,.0f} ms a question (95 % interval {low:,.0f} to {high:,.0f})"
        if low > 0:
            return f"saves {sure} over {self.than}"
        if high < 0:
            return f"loses {sure} to {self.than}"
        return f"no clear gain over {self.than}: {low:,.0f} to {high:,.0f} ms a question"


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many went where. harmed: only the large one would have been right; wasted: the small one was."""

    saved: int
    harmed: int
    wasted: int
    needed: int
    hopeless: int  # both wrong, wherever it went


def outcomes(
    cases: Sequence[Case],
    small: Assistant,
    large: Assistant,
    difficulty: Callable[[Question], float],
    forget: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Every case asked of both, in turns, with a bar on stdout; who begins alternates.

    forget: called off the clock before each request. Raises WrongUseError when an assistant has a fault.
    """
    found = []
    for number, case in enumerate(tqdm(cases, "Questions", file=sys.stdout)):
        start = time.perf_counter_ns()
        score = float(difficulty(case.question))
        score_ms = (time.perf_counter_ns() - start) / NS_PER_MS
        order = ("small", "large") if number % 2 else ("large", "small")
        asked = {"small": small, "large": large}
        told = {name: _asked(asked[name], case.question, forget) for name in order}
        right = [judge(case, told[name].answer).right for name in ("small", "large")]
        times = [told[name].e2e_ms for name in ("small", "large")]
        found.append(Outcome(score, score_ms, *times, *right))
    return found


def policy(name: str, judged: Sequence[Outcome], goes: Goes, scored: bool = True) -> Policy:
    """What `goes` comes to on `judged`. scored: whether it had to look at the score, and pay for it."""
    small = [goes(one) for one in judged]
    right = sum(o.small_right if s else o.large_right for o, s in zip(judged, small, strict=True))
    ms = [
        (one.small_ms if goes_small else one.large_ms) + scored * one.score_ms
        for one, goes_small in zip(judged, small, strict=True)
    ]
    return Policy(name, fmean(small), fmean(ms), Proportion(right, len(judged)))


def gain(judged: Sequence[Outcome], goes: Goes, price_ms: float, seed: int = 0) -> Gain:
    """What routing saves against the better one alone, each question compared with itself."""
    yours = np.array([_cost_ms(one, goes(one), price_ms) + one.score_ms for one in judged])
    alone = {
        name: np.array([_cost_ms(one, small, price_ms) for one in judged])
        for name, small in (("always small", True), ("always large", False))
    }
    than = min(alone, key=lambda name: alone[name].mean())
    saved = alone[than] - yours
    found = stats.bootstrap(
        (saved,), np.mean, method="percentile", random_state=np.random.default_rng(seed)
    ).confidence_interval
    return Gain(than, float(saved.mean()), Interval(float(found.low), float(found.high)))


def _cost_ms(one: Outcome, small: bool, price_ms: float) -> float:
    ms, right = (one.small_ms, one.small_right) if small else (one.large_ms, one.large_right)
    return ms + price_ms * (not right)


def oracle(one: Outcome) -> bool:
    """Small wherever that costs no right answer: no router can do better, and none can know it."""
    return one.small_right or not one.large_right


def by_threshold(threshold: float) -> Goes:
    """Small up to this difficulty."""
    return lambda one: one.score <= threshold


def thresholds(judged: Sequence[Outcome]) -> Iterator[float]:
    """All that differ: nobody, then one difficulty after the other."""
    yield -math.inf
    yield from sorted({one.score for one in judged})


def confusion(judged: Sequence[Outcome], goes: Goes) -> Confusion:
    """Where the questions went, against where they had to go."""

    def count(small: bool, *rights: tuple[bool, bool]) -> int:
        return sum(
            goes(one) == small and (one.small_right, one.large_right) in rights for one in judged
        )

    return Confusion(
        saved=count(True, (True, True), (True, False)),
        harmed=count(True, (False, True)),
        wasted=count(False, (True, True), (True, False)),
        needed=count(False, (False, True)),
        hopeless=count(True, (False, False)) + count(False, (False, False)),
    )


def calibrated(scores: Sequence[float], right: Sequence[bool]) -> Callable[[float], float]:
    """Difficulty -> chance that the small one is right, never rising with difficulty (isotonic regression).

    Raises WrongUseError for no scores, or unequal lengths.
    """
    if not len(scores) == len(right) > 0:
        raise WrongUseError("Calibration needs an outcome for each score, and at least one.")
    order = np.argsort(scores, kind="stable")
    ranked = np.asarray(scores, float)[order]
    fitted = isotonic_regression(np.asarray(right, float)[order], increasing=False).x
    return lambda score: float(np.interp(score, ranked, fitted))


def _asked(assistant: Assistant, question: Question, forget: Callable[[], object]) -> Timing:
    forget()
    told = clocked(assistant, question)
    if isinstance(told, Fault):
        raise WrongUseError(f"An assistant failed while it was compared. {told.sentence}")
    return told
