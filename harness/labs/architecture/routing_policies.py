"""Routing policies, computed from the answers of both assistants to the same questions."""

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
from harness.measure.latency.timing import NS_PER_MS, Timing, time_or_fault
from harness.measure.quality.quality import judge
from harness.measure.stats import Interval, Proportion

Route = Callable[["Outcome"], bool]  # True: the question goes to the small assistant
TO_SMALL, TO_LARGE = (lambda outcome: True), (lambda outcome: False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, answered by both assistants.

    score: its difficulty. score_ms: the time to compute the score. small_ms, large_ms: end-to-end.
    """

    score: float
    score_ms: float
    small_ms: float
    large_ms: float
    small_right: bool
    large_right: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """The result of a way to route. mean_ms: end-to-end, including the time of the score if it is used."""

    name: str
    share_to_small: float
    mean_ms: float
    right: Proportion

    def cost_ms(self, price_ms: float) -> float:
        """Return the mean ms of a request if each wrong answer costs `price_ms` more."""
        return self.mean_ms + price_ms * (1 - self.right.rate)


@dataclass(frozen=True, slots=True)
class Gain:
    """The mean ms saved for each question against `alternative`, wrong answers priced in; 95 % interval."""

    alternative: str
    mean_ms: float
    interval: Interval

    def sentence(self) -> str:
        """Return a sentence that says whether routing saves, loses, or shows no clear gain."""
        low, high = self.interval.low, self.interval.high
        mean = f"{abs(self.mean_ms):,.0f} ms a question (95 % interval {low:,.0f} to {high:,.0f})"
        if low > 0:
            return f"saves {mean} over {self.alternative}"
        if high < 0:
            return f"loses {mean} to {self.alternative}"
        return f"no clear gain over {self.alternative}: {low:,.0f} to {high:,.0f} ms a question"


@dataclass(frozen=True, slots=True)
class Confusion:
    """The number of questions by route and by which assistant is right."""

    saved: int  # to the small one, which is right
    harmed: int  # to the small one, and only the large one is right
    wasted: int  # to the large one, and the small one is right
    needed: int  # to the large one, and only that one is right
    hopeless: int  # both are wrong, so the route does not matter


def outcomes(
    cases: Sequence[Case],
    small: Assistant,
    large: Assistant,
    difficulty: Callable[[Question], float],
    forget: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Ask both assistants every question, interleaved, with a progress bar on stdout.

    The one that begins alternates. forget: called before each request, untimed. Raises WrongUseError if an
    assistant fails.
    """
    results = []
    assistants = {"small": small, "large": large}
    for number, case in enumerate(tqdm(cases, "Questions", file=sys.stdout)):
        start = time.perf_counter_ns()
        score = float(difficulty(case.question))
        score_ms = (time.perf_counter_ns() - start) / NS_PER_MS
        order = ("small", "large") if number % 2 else ("large", "small")
        timings = {name: _timing(assistants[name], case.question, forget) for name in order}
        right = [judge(case, timings[name].answer).right for name in assistants]
        times = [timings[name].e2e_ms for name in assistants]
        results.append(Outcome(score, score_ms, *times, *right))
    return results


def policy(name: str, judged: Sequence[Outcome], route: Route, scored: bool = True) -> Policy:
    """Return the result of `route` on `judged`. scored: whether it uses the score and pays its time."""
    small = [route(outcome) for outcome in judged]
    right = sum(o.small_right if s else o.large_right for o, s in zip(judged, small, strict=True))
    ms = [
        (outcome.small_ms if to_small else outcome.large_ms) + scored * outcome.score_ms
        for outcome, to_small in zip(judged, small, strict=True)
    ]
    return Policy(name, fmean(small), fmean(ms), Proportion(right, len(judged)))


def gain(judged: Sequence[Outcome], route: Route, price_ms: float, seed: int = 0) -> Gain:
    """Return what `route` saves against the better assistant alone, paired by question (bootstrap)."""
    routed = np.array([_cost_ms(o, route(o), price_ms) + o.score_ms for o in judged])
    alone = {
        name: np.array([_cost_ms(outcome, small, price_ms) for outcome in judged])
        for name, small in (("always small", True), ("always large", False))
    }
    alternative = min(alone, key=lambda name: alone[name].mean())
    saved = alone[alternative] - routed
    interval = stats.bootstrap(
        (saved,), np.mean, method="percentile", random_state=np.random.default_rng(seed)
    ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    return Gain(alternative, float(saved.mean()), Interval(low, high))


def _cost_ms(outcome: Outcome, small: bool, price_ms: float) -> float:
    if small:
        return outcome.small_ms + price_ms * (not outcome.small_right)
    return outcome.large_ms + price_ms * (not outcome.large_right)


def oracle(outcome: Outcome) -> bool:
    """Return True unless only the large assistant is right.

    It is the upper bound of every router, and no router can know it before both have answered.
    """
    return outcome.small_right or not outcome.large_right


def by_threshold(threshold: float) -> Route:
    """Return a route that sends questions up to this difficulty to the small assistant."""
    return lambda outcome: outcome.score <= threshold


def thresholds(judged: Sequence[Outcome]) -> Iterator[float]:
    """Yield every threshold with a different result: -inf for no question, then each score."""
    yield -math.inf
    yield from sorted({outcome.score for outcome in judged})


def confusion(judged: Sequence[Outcome], route: Route) -> Confusion:
    """Return the number of questions in each cell of the confusion matrix of `route`."""

    def count(small: bool, *rights: tuple[bool, bool]) -> int:
        return sum(route(o) == small and (o.small_right, o.large_right) in rights for o in judged)

    return Confusion(
        saved=count(True, (True, True), (True, False)),
        harmed=count(True, (False, True)),
        wasted=count(False, (True, True), (True, False)),
        needed=count(False, (False, True)),
        hopeless=count(True, (False, False)) + count(False, (False, False)),
    )


def calibrated(scores: Sequence[float], right: Sequence[bool]) -> Callable[[float], float]:
    """Fit and return a function: difficulty -> probability that the small assistant is right.

    The probability never rises with difficulty (isotonic regression). Raises WrongUseError if there are no
    scores or the lengths differ.
    """
    if not len(scores) == len(right) > 0:
        raise WrongUseError("Calibration needs an outcome for each score, and at least one.")
    order = np.argsort(scores, kind="stable")
    ranked = np.asarray(scores, float)[order]
    fitted = isotonic_regression(np.asarray(right, float)[order], increasing=False).x
    return lambda score: float(np.interp(score, ranked, fitted))


def _timing(assistant: Assistant, question: Question, forget: Callable[[], object]) -> Timing:
    forget()
    outcome = time_or_fault(assistant, question)
    if isinstance(outcome, Fault):
        raise WrongUseError(f"An assistant failed during the comparison. {outcome.sentence}")
    return outcome
