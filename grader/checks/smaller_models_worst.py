"""The check of lab 03 on the worst case: how much worse a smaller model may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, hint
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 40  # fresh inputs per check
# far below what a question more or less changes in the smallest exams
DIFFERENCE = Unit("{:+.4f}", 0.0005)
Z, TWO_SIDED = 1.645, 1.96
DEGREES = (0, 1)  # the variance may have n or n - 1 below it
FEW, MANY = range(4, 9), (30, 60, 120, 300)  # questions

WORST = Exercise("03", 4, "worst_case")

Exam = tuple[
    list[bool], list[bool]
]  # the answers of the large and of the small model, right or wrong


# ---- exercise 4: the worst case -------------------------------------------------------------------------


@check
def worst_case(function: Callable[[list[bool], list[bool]], float]) -> None:
    """Check the lower end of the one-sided 95 % interval of paired differences, with two imagined pairs."""
    limits, rng = CallLimits(WORST), fresh_rng()
    exams = [_usual(rng), _won(rng), *(_exam(rng, turn) for turn in range(ROUNDS))]
    for (large, small), answer in asked(lambda exam: limits.call(function, *exam), exams):
        got = WORST.finite(answer, "the worst case")
        pairs = differences(large, small)
        if any(DIFFERENCE.near(got, lower(pairs, degrees=degrees)) for degrees in DEGREES):
            continue
        where = (
            f"for {len(large)} questions, of which only the large one got {pairs.count(-1)} right "
            f"and only the small one {pairs.count(1)}"
        )
        WORST.expect(got, lower(pairs), where, _look, large, small, unit=DIFFERENCE)
    WORST.passed("Now `it looked fine` has a number, and product has a margin to argue about.")


def _usual(rng: Random) -> Exam:
    """Return few answers that tell the usual mistakes apart: three of them lost, one won."""
    pairs = [(True, False)] * 3 + [(False, True)] + [(True, True)] * 4 + [(False, False)]
    return tuple(map(list, zip(*rng.sample(pairs, len(pairs)), strict=True)))


def _won(rng: Random) -> Exam:
    """Return answers by which the small model is shown to be better, so that the worst case is positive."""
    won, both = rng.randint(12, 20), rng.randint(4, 8)
    return [False] * won + [True] * both, [True] * (won + both)


def _exam(rng: Random, turn: int) -> Exam:
    """Return the answers to few questions or to many; in every fifth round both models agree on all."""
    large = [rng.random() < 0.85 for _ in range(rng.choice(FEW if turn % 2 else MANY))]
    if turn % 5 == 0:
        return large, list(large)
    return large, beside(rng, large, rng.uniform(0.04, 0.15), rng.uniform(0.1, 0.5))


def beside(rng: Random, large: Sequence[bool], worse: float, better: float) -> list[bool]:
    """Return results beside `large`: `worse` of its right answers are lost, `better` of the others won."""
    return [rng.random() >= worse if right else rng.random() < better for right in large]


def differences(large: Sequence[bool], small: Sequence[bool]) -> list[int]:
    """Return small - large for each question: -1, 0 or 1."""
    return [int(s) - int(g) for g, s in zip(large, small, strict=True)]


def lower(
    pairs: Sequence[int],
    z: float = Z,
    imagined: Sequence[int] = (1, -1),
    degrees: int = 0,
    uncounted: int = 0,
) -> float:
    """Return the lower end of the interval. uncounted: how many of the imagined pairs n leaves out."""
    padded = np.array([*pairs, *imagined])
    return float(padded.mean() - z * padded.std(ddof=degrees) / math.sqrt(len(padded) - uncounted))


def _look(got: float, large: Sequence[bool], small: Sequence[bool]) -> str:
    default = (
        "differences of +1, 0 and -1, two more for the imagined questions; "
        "mean - 1.645 deviation / root n"
    )
    looks = (hint(got, _mistakes(large, small, degrees), "", DIFFERENCE) for degrees in DEGREES)
    return next(filter(None, looks), default)


def _mistakes(large: Sequence[bool], small: Sequence[bool], degrees: int) -> dict[str, float]:
    """Return what to look at -> the number that this mistake gives."""
    pairs = differences(large, small)
    right, seen = lower(pairs, degrees=degrees), float(np.mean(pairs))
    padded_mean = float(np.mean([*pairs, 1, -1]))
    deviations = math.hypot(np.std(large, ddof=degrees), np.std(small, ddof=degrees))
    return {
        "the two imagined questions: without them, thirty equal answers would prove everything": (
            lower(pairs, imagined=(), degrees=degrees)
        ),
        "n: it counts the two imagined questions, too": (
            lower(pairs, degrees=degrees, uncounted=2)
        ),
        "the mean: it counts the two imagined questions, too": right - padded_mean + seen,
        "the imagined questions: one is +1 and the other −1": (
            lower(pairs, imagined=(1, 1), degrees=degrees)
        ),
        "1.96: that leaves 5 % on two sides, and only being worse matters": (
            lower(pairs, TWO_SIDED, degrees=degrees)
        ),
        "the pairs: both answered the same questions, so take the deviation of the differences": (
            seen - Z * deviations / math.sqrt(len(large))
        ),
        "the uncertainty: that is the mean you saw, not the worst that may be true": seen,
        "the sign: the mean minus 1.645 · deviation / root n, not plus": 2 * padded_mean - right,
        "the direction: small minus large": lower([-d for d in pairs], degrees=degrees),
        "the limit at 0: a small model that is shown to be better is above it": min(0.0, right),
        "the decimals: return the number without rounding it": round(right, 2),
    }
