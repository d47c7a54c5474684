"""The checks of lab 03, second half: how much worse it may be, and which one to ship."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check
ROUNDING = 0.005  # half a point of a hundred: also what n or n - 1 below the variance makes
Z, TWO_SIDED = 1.645, 1.96
MARGIN = 0.10

WORST = Exercise("03", 4, "worst_case")
CHOOSE = Exercise("03", 5, "choose")

Option = tuple[str, float, list[bool]]  # name, ms, right or wrong


# ---- exercise 4: how much worse, at worst --------------------------------------------------------------


@check
def worst_case(function: Callable[[list[bool], list[bool]], float]) -> None:
    """The lower end of the one-sided 95 % interval of paired differences, with two imagined pairs."""
    limits, rng = CallLimits(WORST), fresh_rng()
    for turn in range(ROUNDS):
        large, small = _exam(rng, turn)
        got = WORST.finite(limits.call(function, large, small), "the worst case")
        differences = [int(s) - int(g) for g, s in zip(large, small, strict=True)]
        expected = _lower(differences)
        if abs(got - expected) > ROUNDING:
            WORST.fail(
                f"{expected:+.3f}: {len(large)} questions, only the large one right in "
                f"{differences.count(-1)}, only the small one in {differences.count(1)}",
                f"{got:+.3f}",
                _look_at_worst(got, large, small, differences),
            )
    WORST.passed("Now `it looked fine` has a number, and product has a margin to argue about.")


def _exam(rng: Random, turn: int) -> tuple[list[bool], list[bool]]:
    """Both models on the same questions; they agree on most, and in every fourth round on all.

    The first one is made to tell the usual mistakes apart: few questions, three lost and two won.
    """
    if turn == 0:
        pairs = [(True, False)] * 3 + [(False, True)] * 2 + [(True, True)] * 24 + [(False, False)]
        return tuple(map(list, zip(*rng.sample(pairs, len(pairs)), strict=True)))
    large = [rng.random() < 0.85 for _ in range(rng.choice((30, 60, 120, 300)))]
    if turn % 4 == 1:
        return large, list(large)
    worse, better = rng.uniform(0.04, 0.15), rng.uniform(0.1, 0.5)
    return large, [rng.random() >= worse if right else rng.random() < better for right in large]


def _lower(differences: Sequence[int], z: float = Z, imagined: Sequence[int] = (1, -1)) -> float:
    padded = np.array([*differences, *imagined])
    return float(padded.mean() - z * padded.std() / math.sqrt(len(padded)))


def _look_at_worst(
    got: float, large: Sequence[bool], small: Sequence[bool], differences: Sequence[int]
) -> str:
    a, b, n = np.mean(large), np.mean(small), len(large)
    alone = float(b - a - Z * math.sqrt((a * (1 - a) + b * (1 - b)) / n))
    mistakes = {
        _lower(differences, imagined=()): "the two imagined questions: without them thirty equal "
        "answers would prove everything",
        _lower(
            differences, TWO_SIDED
        ): "1.96: that leaves 5 % on two sides, and only being worse matters",
        alone: "the pairs: both answered the same questions, so take the deviation of the differences",
        float(
            np.mean(differences)
        ): "the uncertainty: that is what you saw, not the worst that may be true",
        _lower([-d for d in differences]): "the direction: small minus large",
    }
    near = min(mistakes, key=lambda value: abs(value - got))
    if abs(near - got) <= ROUNDING:
        return mistakes[near]
    return "differences of +1, 0 and -1, two more for the imagined questions; mean - 1.645 deviation / root n"


# ---- exercise 5: which one -----------------------------------------------------------------------------


@check
def choose(function: Callable[[list[Option], float], str]) -> None:
    """The fastest that is shown to be good enough; the first, the reference, where none is.

    In every round the very fastest option is a wrong one.
    """
    limits, rng = CallLimits(CHOOSE), fresh_rng()
    for turn in range(ROUNDS):
        options = _options(rng, turn)
        got = limits.call(function, options, MARGIN)
        right = _choice(options)
        if got != right:
            names = [name for name, _, _ in options]
            if got not in names:
                CHOOSE.fail(f"a name, one of {names}", kind(got), "the line with `return`")
            CHOOSE.fail(
                f"{right!r} of {_table(options)}", f"{got!r}", _look_at_choice(got, options)
            )
    CHOOSE.passed("Fast and wrong stays on the shelf, however loudly it is asked for.")


def _options(rng: Random, turn: int) -> list[Option]:
    """The reference first; then one faster and just as good, one faster still and wrong, and others.

    turn: by thirds, a good one is there, none is, or the good one was asked too few questions to know.
    """
    n = 40 if turn % 3 == 2 else 400
    large = [rng.random() < 0.9 for _ in range(n)]
    rest = [
        ("fast", 150 + rng.random(), _flipped(rng, large, 0.35)),
        ("fastest", 80 + rng.random(), [not right for right in large]),
    ]
    if turn % 3 != 1:
        rest.append(("small", 250 + rng.random(), _flipped(rng, large, 0.09 if n == 40 else 0.02)))
    if turn % 2:
        rest.append(("slow", 900 + rng.random(), list(large)))
    rng.shuffle(rest)
    return [("large", 500 + rng.random(), large), *rest]


def _flipped(rng: Random, large: Sequence[bool], worse: float) -> list[bool]:
    """`large` with an exact share `worse` of its right answers gone wrong."""
    small, right = list(large), [place for place, one in enumerate(large) if one]
    for place in rng.sample(right, round(worse * len(large))):
        small[place] = False
    return small


def _worst(options: Sequence[Option], name: str) -> float:
    large = options[0][2]
    right = next(right for other, _, right in options if other == name)
    return _lower([int(s) - int(g) for g, s in zip(large, right, strict=True)])


def _choice(options: Sequence[Option]) -> str:
    """The fastest of those that pass, the reference among them."""
    first = options[0][0]
    passed = [
        (ms, name) for name, ms, _ in options if name == first or _worst(options, name) > -MARGIN
    ]
    return min(passed)[1]


def _look_at_choice(got: str, options: Sequence[Option]) -> str:
    by_name = {name: (ms, right) for name, ms, right in options}
    large, small = np.mean(options[0][2]), np.mean(by_name[got][1])
    worst = _worst(options, got)
    if got != options[0][0] and worst <= -MARGIN:
        if small - large > -MARGIN:
            return f"the worst case of {got}, {worst:+.2f}: it looks good enough, and too few were asked"
        return f"quality first: {got} is right in {small:.0%} of the answers, {options[0][0]} in {large:.0%}"
    return "among those that pass, the lowest ms; the first option always passes"


def _table(options: Sequence[Option]) -> str:
    return ", ".join(
        f"{name} ({ms:.0f} ms, {np.mean(right):.0%} right)" for name, ms, right in options
    )
