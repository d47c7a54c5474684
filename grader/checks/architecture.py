"""The checks of lab 09 on planning: a routing threshold, the critical path, and popular topics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, TWO_DECIMALS, Exercise, check, close, hint
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check

CUT_OFF = Exercise("09", 1, "cut_off")
FINISH = Exercise("09", 2, "finish_ms")
HEAD = Exercise("09", 4, "head_share")
# Kept, topics, exponent that are always asked about: with few topics, each rank counts for much.
FEW_TOPICS = ((2, 5, 1.2), (0, 7, 1.0), (6, 6, 0.8), (1, 1, 1.0), (3, 4, 0.0))

# difficulty of each question; small one right?; large one right?; ms saved; price of a wrong answer in ms
Judged = tuple[list[float], list[bool], list[bool], float, float]
Stages = Mapping[str, tuple[float, tuple[str, ...]]]  # name -> (ms, the stages it waits for)


# ---- exercise 1: where to draw the line ---------------------------------------------------------------


@check
def cut_off(function: Callable[..., float]) -> None:
    """Check the difficulty up to which the small assistant gains most, or -inf if it never gains."""
    limits, rng = CallLimits(CUT_OFF), fresh_rng()
    never = ([0.1, 0.2, 0.3], [False] * 3, [True] * 3, 100.0, 500.0)
    always = ([0.3, 0.1, 0.2], [True] * 3, [True] * 3, 100.0, 500.0)
    for judged in [*(_judged(rng) for _ in range(ROUNDS)), never, always]:
        got = limits.call(function, *judged)
        if got != -math.inf:
            got = CUT_OFF.finite(got, "the threshold (or -inf)")
        best = max([-math.inf, *judged[0]], key=lambda limit: _gain(judged, limit))
        if not close(_gain(judged, got), _gain(judged, best)):
            gain, n = _gain(judged, best), len(judged[0])
            CUT_OFF.fail(
                f"{best:.2f}, which gains {gain:,.0f} ms over {n} questions",
                f"{got:.2f}, which gains {_gain(judged, got):,.0f} ms",
                _look_at_cut_off(got, judged),
            )
    CUT_OFF.passed("With a price in milliseconds, wrong answers and speed can be compared.")


def _judged(rng: Random) -> Judged:
    """Return twelve questions or more, some equally difficult; harder ones are more often wrong."""
    scores, small, large = [], [], []
    for _ in range(rng.randint(12, 30)):
        score = round(rng.random(), 1)
        scores.append(score)
        small.append(rng.random() > score)
        large.append(rng.random() > 0.4 * score)
    return scores, small, large, round(rng.uniform(100, 500)), round(rng.uniform(500, 4000))


def _up_to(score: float, limit: float) -> bool:
    return score <= limit


def _gain(judged: Judged, limit: float, to_small: Callable[[float, float], bool] = _up_to) -> float:
    """Return the ms gained over always asking the large one; to_small: which scores the small one gets."""
    scores, small, large, saved_ms, price_ms = judged
    return sum(
        saved_ms + price_ms * (int(small_right) - int(large_right))
        for score, small_right, large_right in zip(scores, small, large, strict=True)
        if to_small(score, limit)
    )


def _look_at_cut_off(got: float, judged: Judged) -> str:
    scores, small, large, saved_ms, price_ms = judged
    limits = [-math.inf, *scores]
    large_never_wrong = (scores, small, [True] * len(large), saved_ms, price_ms)
    if got == max(scores):
        return (
            "the price of a wrong answer: if the small one gets every question, what do you lose?"
        )
    if got == max(limits, key=lambda limit: _gain(large_never_wrong, limit)):
        return "the large one: it is wrong at times, too, and then the small one costs nothing more"
    if got == max(limits, key=lambda limit: _gain(judged, limit, lambda score, at: score < at)):
        return "the score itself: a question exactly at the threshold goes to the small one"
    if got != -math.inf and got not in scores:
        return "which thresholds to try: -inf (no question), and each of the scores"
    return "the gain of each threshold: saved_ms for each question up to it, plus or minus price_ms"


# ---- exercise 2: the critical path --------------------------------------------------------------------


@check
def finish_ms(function: Callable[[Stages], float]) -> None:
    """Check when the last stage is done, if each begins as soon as all it waits for are done."""
    limits, rng = CallLimits(FINISH), fresh_rng()
    row = {"embed": (20.0, ()), "search": (5.0, ("embed",)), "write": (200.0, ("search",))}
    for stages in [row, *(_plan(rng) for _ in range(ROUNDS))]:
        got = FINISH.finite(limits.call(function, stages), "the end")
        FINISH.expect(
            got, _longest(stages), f"for {_sketch(stages)}", _look_at_finish, stages, unit=MS
        )
    FINISH.passed("The sum is for one pair of hands; the critical path is for as many as you have.")


def _plan(rng: Random) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return stages A to F, each waiting for up to two earlier ones, that tell the mistakes apart."""
    while True:
        names, plan = "ABCDEF"[: rng.randint(4, 6)], {}
        for place, name in enumerate(names):
            before = rng.sample(names[:place], min(place, rng.randint(0, 2)))
            plan[name] = (float(rng.randint(5, 300)), tuple(before))
        durations = [takes for takes, _ in plan.values()]
        if len({_longest(plan), sum(durations), max(durations), _last(plan)}) == 4:
            return plan


def _longest(stages: Stages) -> float:
    """Return the length of the longest chain of stages, each waiting for the one before."""

    def until(name: str) -> float:
        takes, before = stages[name]
        return takes + max(map(until, before), default=0.0)

    return max(map(until, stages))


def _last(stages: Stages) -> float:
    """Return when the last stage in the dict is done."""
    *_, name = stages
    return _longest({key: stages[key] for key in _needed(stages, name)})


def _needed(stages: Stages, name: str) -> list[str]:
    needed = {name}
    for key in reversed(stages):
        if key in needed:
            needed |= set(stages[key][1])
    return [key for key in stages if key in needed]


def _sketch(stages: Stages) -> str:
    parts = (
        f"{name} {takes:.0f}" + (f" after {'+'.join(before)}" if before else "")
        for name, (takes, before) in stages.items()
    )
    return ", ".join(parts)


def _look_at_finish(got: float, stages: Stages) -> str:
    durations = [takes for takes, _ in stages.values()]
    mistakes = {
        "that is the sum: stages that do not wait for each other run at the same time": sum(
            durations
        ),
        "that is the longest stage: it may have to wait for others first": max(durations),
        "the stage that is done last need not be the last in the dict": _last(stages),
    }
    default = "a stage begins when the last of those it waits for is done, at 0 if there are none"
    return hint(got, mistakes, default)


# ---- exercise 4: the popular head ---------------------------------------------------------------------


@check
def head_share(function: Callable[[int, int, float], float]) -> None:
    """Check the share of requests of the most popular topics, if rank r has 1 / r ** exponent."""
    limits, rng = CallLimits(HEAD), fresh_rng()
    for case in (*FEW_TOPICS, *(_topics(rng) for _ in range(ROUNDS))):
        kept, topics, exponent = case
        got = HEAD.finite(limits.call(function, *case), "the share")
        where = f"for the first {kept} of {topics} topics, exponent {exponent}"
        HEAD.expect(got, _head(*case), where, _look_at_head, *case, unit=TWO_DECIMALS)
    HEAD.passed("A few questions are most questions. Every support desk knows them by heart.")


def _topics(rng: Random) -> tuple[int, int, float]:
    """Return the topics kept, which may be none or all, how many there are, and the exponent."""
    topics = rng.randint(20, 800)
    kept = rng.choice((0, topics, rng.randint(1, topics)))
    return kept, topics, round(rng.uniform(0.5, 1.5), 2)


def _head(kept: int, topics: int, exponent: float) -> float:
    weights = [rank**-exponent for rank in range(1, topics + 1)]
    return sum(weights[:kept]) / sum(weights)


def _look_at_head(got: float, kept: int, topics: int, exponent: float) -> str:
    weights = [rank**-exponent for rank in range(1, kept + 1)]
    mistakes = {
        "popularity: that is the share of topics, not of requests": kept / topics,
        "the exponent: rank r has 1 / r ** exponent": _head(kept, topics, 1.0),
        "the ranks: from 1 to kept, both included": _head(max(kept - 1, 0), topics, exponent),
        "a share: divide by the sum over all topics": sum(weights),
        "the last topic: ranks go from 1 to topics, both included": (
            sum(weights) / max(sum(rank**-exponent for rank in range(1, topics)), 1e-9)
        ),
    }
    default = "the sum of 1 / r ** exponent over the kept ranks, divided by that over all ranks"
    return hint(got, mistakes, default, TWO_DECIMALS)
