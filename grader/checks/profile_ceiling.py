"""The checks of lab 01, second half: the most that a fix can gain, and a budget per stage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from itertools import combinations
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, Exercise, check, close, hint, kind, ms
from grader.exercise.randomness import fresh_rng
from grader.exercise.traces import stage_table
from harness.semconv import STAGES

ROUNDS = 20  # fresh inputs per check: enough to meet every trap, far below a second
NEAR_MS = 0.05  # stages have one decimal: a sum nearer to a limit than this is equal to it
SEED_TABLE = {
    "network": 100.0,
    "preprocess": 200.0,
    "retrieve": 300.0,
    "generate": 2500.0,
    "postprocess": 100.0,
}

CEILING = Exercise("01", 4, "ceiling")
SMALLEST_FIX = Exercise("01", 5, "smallest_fix")
BUDGET = Exercise("01", 6, "budget")


@check
def ceiling(function: Callable[[dict[str, float], str, float], float]) -> None:
    """Check the end-to-end time after one stage gets faster by a factor, up to an infinite one."""
    limits, rng = CallLimits(CEILING), fresh_rng()
    for factor in [10, 2, 1, math.inf] * (ROUNDS // 4):
        stage_ms = stage_table(rng)
        stage = rng.choice(list(stage_ms))
        got = CEILING.finite(limits.call(function, stage_ms, stage, factor), "end-to-end")
        faster = stage_ms[stage] / factor
        rest = sum(value for name, value in stage_ms.items() if name != stage)
        where = f"in all: {rest:.1f} stay as they are, {stage} becomes {faster:.1f}"
        CEILING.expect(
            got, rest + faster, where, _look_at_ceiling, stage_ms, stage, factor, unit=MS
        )
    CEILING.passed("You can now turn down a month of work in one line of arithmetic.")


def _look_at_ceiling(got: float, stage_ms: dict[str, float], stage: str, factor: float) -> str:
    total, faster = sum(stage_ms.values()), stage_ms[stage] / factor
    if close(got, total - stage_ms[stage]) and not close(faster, 0):
        return f"the new time of the stage is missing: {stage} still takes {ms(faster)}"
    mistakes = {
        "the other stages: they take as long as before": faster,
        "what gets faster: only one stage; the others keep their time": total / factor,
        "the sign: add the new time of the stage to the rest, do not subtract it": total - faster,
    }
    default = f"the time of {stage} divided by {factor:g}, plus all the others unchanged"
    return hint(got, mistakes, default)


@check
def smallest_fix(function: Callable[[dict[str, float], float], Iterable[str]]) -> None:
    """Check the fewest stages that must shrink until the rest fits; any smallest set passes."""
    limits, rng = CallLimits(SMALLEST_FIX), fresh_rng()
    cases = [(SEED_TABLE, 500.0), (SEED_TABLE, 3200.0), (SEED_TABLE, 700.0)]
    cases += [_clear_case(rng) for _ in range(ROUNDS)]
    kinds = Set | list | tuple
    for stage_ms, limit in cases:
        got = limits.call(function, stage_ms, limit)
        names = set(map(str, SMALLEST_FIX.returned(got, kinds, "a set or list of stage names")))
        if not names <= set(stage_ms):
            expected = f"only names among {', '.join(stage_ms)}"
            SMALLEST_FIX.fail(expected, kind(got), "what you add to the result")
        _judge_fix(names, stage_ms, limit)
    SMALLEST_FIX.passed("No plan that changes only the LLM reaches 500 ms, and you can prove it.")


def _clear_case(rng: Random) -> tuple[dict[str, float], float]:
    """Return a table and a limit that no sum of stages equals, where rounding would decide."""
    while True:
        stage_ms, limit = stage_table(rng), rng.choice((300.0, 500.0, 900.0))
        sizes = range(len(stage_ms) + 1)
        left = [sum(rest) for size in sizes for rest in combinations(stage_ms.values(), size)]
        if all(abs(rest - limit) > NEAR_MS for rest in left):
            return stage_ms, limit


def _judge_fix(names: set[str], stage_ms: dict[str, float], limit: float) -> None:
    rest = sum(value for name, value in stage_ms.items() if name not in names)
    fewest = next(size for size in range(len(stage_ms) + 1) if _fits(stage_ms, limit, size))
    table = ", ".join(f"{name} {value:g}" for name, value in stage_ms.items())
    count, listed = f"{fewest} of the stages ({table}) for a limit of {limit:g} ms", _listed(names)
    if rest > limit + 1e-6:
        got = f"{listed or 'none'}, and the others still take {ms(rest)}"
        SMALLEST_FIX.fail(count, got, "when your loop stops: only once the remaining stages fit")
    if len(names) > fewest:
        look = (
            "the order (largest stage first) and the comparison (equal to the limit is within it)"
        )
        SMALLEST_FIX.fail(count, f"{len(names)}: {listed}", look)


def _fits(stage_ms: dict[str, float], limit: float, size: int) -> bool:
    """Return True if the rest is within the limit when some `size` stages take no time."""
    total = sum(stage_ms.values())
    return any(
        total - sum(chosen) <= limit + 1e-6 for chosen in combinations(stage_ms.values(), size)
    )


@check
def budget(budget_ms: Mapping[str, float], limit_ms: float = 500.0) -> None:
    """Check that every stage has at least 1 ms and that the sum is within the limit."""
    if not isinstance(budget_ms, Mapping) or set(budget_ms) != set(STAGES):
        BUDGET.fail(f"a dict with {', '.join(STAGES)}", kind(budget_ms), "the names in the dict")
    values = {stage: BUDGET.finite(value, stage) for stage, value in budget_ms.items()}
    for stage, value in values.items():
        if value < 1:
            look = f"your value for {stage}: nothing is free"
            BUDGET.fail(f"at least 1 ms for {stage}", ms(value), look)
    total = sum(values.values())
    if total > limit_ms:
        got = f"{ms(total)}, which is {ms(total - limit_ms)} over"
        BUDGET.fail(f"at most {ms(limit_ms)} in all", got, "the largest entry: start there")
    spare = limit_ms - total
    BUDGET.passed(f"{ms(total)} planned, {ms(spare)} spare. Hold every later lab to it.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
