"""The checks of lab 01, second half: what a fix can buy, and what to spend."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from random import Random

from grader.exercise.exercise import Exercise, check, close, kind, ms
from grader.exercise.randomness import fresh_rng
from grader.exercise.traces import stage_table
from harness.semconv import STAGES

ROUNDS = 20  # fresh inputs per check: enough to meet every trap, far below a second
NEAR_MS = 0.05  # stages have one decimal: nearer to a limit than this is on it
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
    """End-to-end when one stage gets faster by a factor, up to an infinite one."""
    rng = fresh_rng()
    for factor in [1, 2, 10, math.inf] * (ROUNDS // 4):
        stage_ms = stage_table(rng)
        stage = rng.choice(list(stage_ms))
        got = CEILING.finite(CEILING.call(function, stage_ms, stage, factor), "end-to-end")
        rest = sum(value for name, value in stage_ms.items() if name != stage)
        expected = rest + stage_ms[stage] / factor
        if not close(got, expected):
            CEILING.fail(
                f"{ms(expected)}: {rest:.1f} stay, {stage} becomes {stage_ms[stage] / factor:.1f}",
                ms(got),
                _look_at_ceiling(got, stage_ms, stage, factor),
            )
    CEILING.passed("You can now turn down a month of work in one line of arithmetic.")


def _look_at_ceiling(got: float, stage_ms: dict[str, float], stage: str, factor: float) -> str:
    total = sum(stage_ms.values())
    if close(got, stage_ms[stage] / factor):
        return "what stays: the other stages take as long as before"
    if close(got, total / factor):
        return "what gets faster: only one stage, the others keep their time"
    if close(got, total - stage_ms[stage] / factor):
        return "the sign: the new time of the stage is added to the rest, not taken off the total"
    return f"the time of {stage} divided by {factor:g}, plus all the others unchanged"


@check
def smallest_fix(function: Callable[[dict[str, float], float], Iterable[str]]) -> None:
    """The fewest stages that must shrink until the rest fits; any smallest set passes."""
    rng = fresh_rng()
    cases = [(SEED_TABLE, 500.0), (SEED_TABLE, 3200.0), (SEED_TABLE, 700.0)]
    cases += [_clear_case(rng) for _ in range(ROUNDS)]
    for stage_ms, limit in cases:
        got = SMALLEST_FIX.call(function, stage_ms, limit)
        if isinstance(got, str) or not isinstance(got, set | frozenset | list | tuple):
            SMALLEST_FIX.fail("a set or list of stage names", kind(got), "the line with `return`")
        names = set(map(str, got))
        if not names <= set(stage_ms):
            SMALLEST_FIX.fail(
                f"names out of {', '.join(stage_ms)}", kind(got), "what ends up in the result"
            )
        _judge_fix(names, stage_ms, limit)
    SMALLEST_FIX.passed("No LLM-only plan reaches 500 ms, and you can prove it on a napkin.")


def _clear_case(rng: Random) -> tuple[dict[str, float], float]:
    """A table and a limit that no set of stages meets but for rounding, which follows the order of a sum."""
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
    count = f"{fewest} of the stages ({table}) for a limit of {limit:g} ms"
    if rest > limit + 1e-6:
        SMALLEST_FIX.fail(
            count,
            f"{_listed(names) or 'none'}, and the others still take {ms(rest)}",
            "the stopping rule: go on until what is left untouched fits",
        )
    if len(names) > fewest:
        look = "the order (largest stage first) and the comparison (at the limit is within it)"
        SMALLEST_FIX.fail(count, f"{len(names)}: {_listed(names)}", look)


def _fits(stage_ms: dict[str, float], limit: float, size: int) -> bool:
    """True when zeroing some `size` stages brings the rest to the limit."""
    total = sum(stage_ms.values())
    return any(
        total - sum(chosen) <= limit + 1e-6 for chosen in combinations(stage_ms.values(), size)
    )


@check
def budget(budget_ms: Mapping[str, float], limit_ms: float = 500.0) -> None:
    """The learner's own: every stage has its share, none is free, the sum is within the limit."""
    if not isinstance(budget_ms, Mapping) or set(budget_ms) != set(STAGES):
        BUDGET.fail(f"a dict with {', '.join(STAGES)}", kind(budget_ms), "the names in the dict")
    values = {stage: BUDGET.finite(value, stage) for stage, value in budget_ms.items()}
    for stage, value in values.items():
        if value < 1:
            BUDGET.fail(
                f"at least 1 ms for {stage}", ms(value), "the stage itself: nothing is free"
            )
    total = sum(values.values())
    if total > limit_ms:
        BUDGET.fail(
            f"at most {ms(limit_ms)} in all",
            f"{ms(total)}, which is {ms(total - limit_ms)} over",
            "the largest entry, as always",
        )
    spare = limit_ms - total
    BUDGET.passed(f"{ms(total)} planned, {ms(spare)} spare. Hold every later lab to it.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
