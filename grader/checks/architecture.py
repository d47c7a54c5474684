"""The checks of lab 09, the plan: where to route, how long a plan takes, what the popular head is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, ms
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check
ROUNDING = 0.005  # of a share: two decimals are welcome

CUT_OFF = Exercise("09", 1, "cut_off")
FINISH = Exercise("09", 2, "finish_ms")
HEAD = Exercise("09", 4, "head_share")

Judged = tuple[list[float], list[bool], list[bool], float, float]
Stages = Mapping[str, tuple[float, tuple[str, ...]]]


# ---- exercise 1: where to draw the line ---------------------------------------------------------------


@check
def cut_off(function: Callable[..., float]) -> None:
    """The difficulty up to which the small assistant gains most, or -inf when it never gains."""
    limits, rng = CallLimits(CUT_OFF), fresh_rng()
    never = ([0.1, 0.2, 0.3], [False] * 3, [True] * 3, 100.0, 500.0)
    always = ([0.3, 0.1, 0.2], [True] * 3, [True] * 3, 100.0, 500.0)
    for judged in [*(_judged(rng) for _ in range(ROUNDS)), never, always]:
        got = limits.call(function, *judged)
        if got != -math.inf:
            got = CUT_OFF.finite(got, "the threshold (or -inf)")
        best = max([-math.inf, *judged[0]], key=lambda limit: _gain(judged, limit))
        if not close(_gain(judged, got), _gain(judged, best)):
            CUT_OFF.fail(
                f"{best:.2f}, which gains {_gain(judged, best):,.0f} ms over {len(judged[0])} questions",
                f"{got:.2f}, which gains {_gain(judged, got):,.0f} ms",
                _look_at_cut_off(got, judged),
            )
    CUT_OFF.passed("Priced in milliseconds, a wrong answer argues with nobody.")


def _judged(rng: Random) -> Judged:
    """Twelve questions or more, some equally difficult; harder ones are more often wrong."""
    scores, small, large = [], [], []
    for _ in range(rng.randint(12, 30)):
        score = round(rng.random(), 1)
        scores.append(score)
        small.append(rng.random() > score)
        large.append(rng.random() > 0.4 * score)
    return scores, small, large, round(rng.uniform(100, 500)), round(rng.uniform(500, 4000))


def _gain(
    judged: Judged, limit: float, since: Callable[[float, float], bool] | None = None
) -> float:
    """ms gained against asking the large one every time; `since`: which scores go to the small one."""
    scores, small, large, saved_ms, price_ms = judged
    goes = since or (lambda score, limit: score <= limit)
    return sum(
        saved_ms + price_ms * (int(ours) - int(theirs))
        for score, ours, theirs in zip(scores, small, large, strict=True)
        if goes(score, limit)
    )


def _look_at_cut_off(got: float, judged: Judged) -> str:
    scores, small, large, saved_ms, price_ms = judged

    def best(limits: list[float], of: Judged, goes: Callable[[float, float], bool]) -> float:
        return max(limits, key=lambda limit: _gain(of, limit, goes))

    up_to, below = (lambda score, limit: score <= limit), (lambda score, limit: score < limit)
    every = [-math.inf, *scores]
    if got == max(scores):
        return "the price of a wrong answer: with everything sent to the small one, what is lost?"
    if got == best(every, (scores, small, [True] * len(large), saved_ms, price_ms), up_to):
        return "the large one: it is wrong at times, too, and then the small one costs nothing more"
    if got == best(every, judged, below):
        return "the score itself: a question exactly at the threshold goes to the small one"
    if got != -math.inf and got not in scores:
        return "which thresholds to try: -inf (nobody), and each of the scores"
    return "the gain of each threshold: saved_ms for each question up to it, plus or minus price_ms"


# ---- exercise 2: the critical path --------------------------------------------------------------------


@check
def finish_ms(function: Callable[[Stages], float]) -> None:
    """When the last stage is done, if each begins as soon as all it waits for are done."""
    limits, rng = CallLimits(FINISH), fresh_rng()
    row = {"embed": (20.0, ()), "search": (5.0, ("embed",)), "write": (200.0, ("search",))}
    for stages in [row, *(_plan(rng) for _ in range(ROUNDS))]:
        got = FINISH.finite(limits.call(function, stages), "the end")
        expected = _longest(stages)
        if not close(got, expected):
            FINISH.fail(f"{ms(expected)} for {_sketch(stages)}", ms(got), _look_at(got, stages))
    FINISH.passed("The sum is for one pair of hands; the critical path is for as many as you have.")


def _plan(rng: Random) -> dict[str, tuple[float, tuple[str, ...]]]:
    """A to F: each waits for up to two earlier ones; at least one waits for nobody but is not first."""
    while True:
        names, plan = "ABCDEF"[: rng.randint(4, 6)], {}
        for place, name in enumerate(names):
            before = rng.sample(names[:place], min(place, rng.randint(0, 2)))
            plan[name] = (float(rng.randint(5, 300)), tuple(before))
        takes = [one for one, _ in plan.values()]
        if len({_longest(plan), sum(takes), max(takes), _last(plan)}) == 4:
            return plan


def _longest(stages: Stages) -> float:
    """By paths: the longest chain of stages, each waiting for the one before."""

    def until(name: str) -> float:
        takes, before = stages[name]
        return takes + max(map(until, before), default=0.0)

    return max(map(until, stages))


def _last(stages: Stages) -> float:
    """When the last one in the list is done."""
    *_, name = stages
    return _longest({key: stages[key] for key in _needed(stages, name)})


def _needed(stages: Stages, name: str) -> list[str]:
    found = {name}
    for key in reversed(stages):
        if key in found:
            found |= set(stages[key][1])
    return [key for key in stages if key in found]


def _sketch(stages: Stages) -> str:
    parts = (
        f"{name} {takes:.0f}" + (f" after {'+'.join(before)}" if before else "")
        for name, (takes, before) in stages.items()
    )
    return ", ".join(parts)


def _look_at(got: float, stages: Stages) -> str:
    if close(got, sum(takes for takes, _ in stages.values())):
        return "that is the sum: stages that do not wait for each other run at the same time"
    if close(got, max(takes for takes, _ in stages.values())):
        return "that is the longest stage: it may have to wait for others before it begins"
    if close(got, _last(stages)):
        return "the stage that is done last need not be the last in the dict"
    return "a stage begins when the last of those it waits for is done, at 0 if there are none"


# ---- exercise 4: the popular head ---------------------------------------------------------------------


@check
def head_share(function: Callable[[int, int, float], float]) -> None:
    """The share of requests that the most popular topics have, if rank r has 1 / r ** exponent."""
    limits, rng = CallLimits(HEAD), fresh_rng()
    for _ in range(ROUNDS):
        topics, exponent = rng.randint(20, 800), round(rng.uniform(0.5, 1.5), 2)
        kept = rng.choice((0, topics, rng.randint(1, topics)))
        got = HEAD.finite(limits.call(function, kept, topics, exponent), "the share")
        expected = _head(kept, topics, exponent)
        if abs(got - expected) > ROUNDING:
            HEAD.fail(
                f"{expected:.2f} for the first {kept} of {topics} topics, exponent {exponent}",
                f"{got:.2f}",
                _look_at_head(got, kept, topics, exponent),
            )
    HEAD.passed("A few questions are most questions. Every support desk knows them by heart.")


def _head(kept: int, topics: int, exponent: float) -> float:
    weights = [rank**-exponent for rank in range(1, topics + 1)]
    return sum(weights[:kept]) / sum(weights)


def _look_at_head(got: float, kept: int, topics: int, exponent: float) -> str:
    if abs(got - kept / topics) <= ROUNDING:
        return "popularity: that is the share of topics, not of requests"
    if abs(got - _head(kept, topics, 1.0)) <= ROUNDING:
        return "the exponent: rank r has 1 / r ** exponent"
    if abs(got - _head(max(kept - 1, 0), topics, exponent)) <= ROUNDING:
        return "the ranks: from 1 to kept, both included"
    if abs(got - sum(rank**-exponent for rank in range(1, kept + 1))) <= ROUNDING:
        return "a share: divide by the sum over all topics"
    return "the sum of 1 / r ** exponent over the kept ranks, divided by that over all ranks"
