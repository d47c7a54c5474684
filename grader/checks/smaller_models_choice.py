"""The checks of lab 03, second half: how much worse a model may be, and which one to ship."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, hint, kind
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 40  # fresh inputs per check
EQUAL = 3  # rounds whose options have equal means
# covers the difference between a variance with n and with n - 1
DIFFERENCE = Unit("{:+.3f}", 0.005)
Z, TWO_SIDED = 1.645, 1.96
MARGIN = 0.10

WORST = Exercise("03", 4, "worst_case")
CHOOSE = Exercise("03", 5, "choose")

Option = tuple[str, float, list[bool]]  # name, ms, right or wrong
NAMES = ("large", "base", "medium", "small", "tiny", "mini", "nano", "fast", "distilled", "pruned")
# What the questions show about an option -> the most of the right answers that it may lose.
VERDICTS = {"good": 0.08, "unknown": 0.15, "bad": 0.4}


# ---- exercise 4: the worst case -------------------------------------------------------------------------


@check
def worst_case(function: Callable[[list[bool], list[bool]], float]) -> None:
    """Check the lower end of the one-sided 95 % interval of paired differences, with two imagined pairs."""
    limits, rng = CallLimits(WORST), fresh_rng()
    for turn in range(ROUNDS):
        large, small = _exam(rng, turn)
        got = WORST.finite(limits.call(function, large, small), "the worst case")
        differences = [int(s) - int(g) for g, s in zip(large, small, strict=True)]
        where = (
            f"for {len(large)} questions, of which only the large one got {differences.count(-1)} right "
            f"and only the small one {differences.count(1)}"
        )
        details = (large, small, differences)
        WORST.expect(got, _lower(differences), where, _look_at_worst, *details, unit=DIFFERENCE)
    WORST.passed("Now `it looked fine` has a number, and product has a margin to argue about.")


def _exam(rng: Random, turn: int) -> tuple[list[bool], list[bool]]:
    """Return the results of both models; they agree on most questions, in every fourth round on all.

    The first round tells the usual mistakes apart: few questions, three lost and two won.
    """
    if turn == 0:
        pairs = [(True, False)] * 3 + [(False, True)] * 2 + [(True, True)] * 24 + [(False, False)]
        return tuple(map(list, zip(*rng.sample(pairs, len(pairs)), strict=True)))
    large = [rng.random() < 0.85 for _ in range(rng.choice((30, 60, 120, 300)))]
    if turn % 4 == 1:
        return large, list(large)
    return large, _beside(rng, large, rng.uniform(0.04, 0.15), rng.uniform(0.1, 0.5))


def _beside(rng: Random, large: Sequence[bool], worse: float, better: float) -> list[bool]:
    """Return results beside `large`: `worse` of its right answers are lost, `better` of the others won."""
    return [rng.random() >= worse if right else rng.random() < better for right in large]


def _lower(differences: Sequence[int], z: float = Z, imagined: Sequence[int] = (1, -1)) -> float:
    padded = np.array([*differences, *imagined])
    return float(padded.mean() - z * padded.std() / math.sqrt(len(padded)))


def _look_at_worst(
    got: float, large: Sequence[bool], small: Sequence[bool], differences: Sequence[int]
) -> str:
    a, b, n = np.mean(large), np.mean(small), len(large)
    alone = float(b - a - Z * math.sqrt((a * (1 - a) + b * (1 - b)) / n))
    mistakes = {
        "the two imagined questions: without them, thirty equal answers would prove everything": (
            _lower(differences, imagined=())
        ),
        "1.96: that leaves 5 % on two sides, and only being worse matters": (
            _lower(differences, TWO_SIDED)
        ),
        "the pairs: both answered the same questions, so take the deviation of the differences": alone,
        "the uncertainty: that is the mean you saw, not the worst that may be true": (
            float(np.mean(differences))
        ),
        "the direction: small minus large": _lower([-d for d in differences]),
    }
    default = (
        "differences of +1, 0 and -1, two more for the imagined questions; "
        "mean - 1.645 deviation / root n"
    )
    return hint(got, mistakes, default, DIFFERENCE)


# ---- exercise 5: the choice ----------------------------------------------------------------------------


@check
def choose(function: Callable[[list[Option], float], str]) -> None:
    """Check the fastest option that is shown to be good enough, or the first, the reference, if none is.

    In every round the fastest option of all is not good enough.
    """
    limits, rng = CallLimits(CHOOSE), fresh_rng()
    drawn = [_options(rng) for _ in range(ROUNDS)] + [_equal_means(rng) for _ in range(EQUAL)]
    rounds = [*((options, MARGIN) for options in drawn), _unproven(rng)]
    for (options, margin), got in asked(lambda case: limits.call(function, *case), rounds):
        names = [name for name, _, _ in options]
        if got not in names:
            CHOOSE.fail(f"a name, one of {names}", kind(got), "the line with `return`")
        where = f"of {_table(options)}, margin {margin:.2f}"
        CHOOSE.expect(got, _choice(options, margin), where, _look_at_choice, options, margin)
    CHOOSE.passed("Quality first: an option that may be too bad is out, however fast it is.")


def _unproven(rng: Random) -> tuple[list[Option], float]:
    """Return options and a margin by which not even the reference is shown to be as good as itself.

    It needs no proof, so it is still chosen, and not the slower option that is shown to be better.
    """
    large = rng.sample([True] * 34 + [False] * 6, 40)
    name, fast, slow = rng.sample(NAMES, 3)
    return [(name, 500.0, large), (slow, 900.0, [True] * 40), (fast, 90.0, list(large))], 0.02


def _equal_means(rng: Random) -> list[Option]:
    """Return the reference and two options that lose as many answers, one of them with many changes.

    Only the spread of the differences tells that the faster one may be too bad.
    """
    n = rng.randint(140, 200)
    lost, changed = round(MARGIN / 2 * n), round(0.3 * n)
    large = [True] * (n - changed) + [False] * changed
    steady = [False] * lost + large[lost:]
    noisy = [False] * (lost + changed) + [True] * (n - lost - changed)
    order = rng.sample(range(n), n)
    results = ([right[i] for i in order] for right in (large, noisy, steady))
    return list(zip(rng.sample(NAMES, 3), (500.0, 90.0, 120.0), results, strict=True))


def _options(rng: Random) -> list[Option]:
    """Return the reference first, then one to four faster options and up to two slower ones, shuffled."""
    right = rng.uniform(0.75, 0.95)
    large = [rng.random() < right for _ in range(rng.randint(40, 400))]
    faster, slower = (
        [rng.choice(list(VERDICTS)) for _ in range(rng.randint(0, n))] for n in (3, 2)
    )
    ms = rng.uniform(400, 800)
    times = [rng.uniform(60, 100), *(rng.uniform(110, ms - 10) for _ in faster)]
    times += [rng.uniform(ms + 10, 1500) for _ in slower]
    results = [_result(rng, large, verdict) for verdict in ("bad", *faster, *slower)]
    name, *names = rng.sample(NAMES, 1 + len(times))
    rest = list(zip(names, times, results, strict=True))
    return [(name, ms, large), *rng.sample(rest, len(rest))]


def _result(rng: Random, large: Sequence[bool], verdict: str) -> list[bool]:
    """Return the results of an option that has this verdict, also with the usual mistakes of exercise 4."""
    near = DIFFERENCE.within
    while True:
        small = _beside(rng, large, rng.uniform(0, VERDICTS[verdict]), rng.uniform(0, 0.3))
        pairs = [int(s) - int(g) for g, s in zip(large, small, strict=True)]
        seen = np.mean(pairs) + MARGIN
        worst = (_lower(pairs), _lower(pairs, TWO_SIDED), _lower(pairs, imagined=()))
        shown = {
            "good": min(worst) + MARGIN > near,
            "unknown": seen > near and max(worst) + MARGIN < -near,
            "bad": seen < -near,
        }
        if shown[verdict]:
            return small


def _worst(options: Sequence[Option], name: str) -> float:
    large = options[0][2]
    right = next(right for other, _, right in options if other == name)
    return _lower([int(s) - int(g) for g, s in zip(large, right, strict=True)])


def _choice(options: Sequence[Option], margin: float) -> str:
    """Return the fastest option that passes; the reference always does."""
    first = options[0][0]
    passed = [
        (ms, name) for name, ms, _ in options if name == first or _worst(options, name) > -margin
    ]
    return min(passed)[1]


def _look_at_choice(got: str, options: Sequence[Option], margin: float) -> str:
    by_name = {name: (ms, right) for name, ms, right in options}
    large, small = np.mean(options[0][2]), np.mean(by_name[got][1])
    worst = _worst(options, got)
    if got != options[0][0] and worst <= -margin:
        if small - large > -margin:
            return f"the worst case of {got}, {worst:+.2f}: it looks good enough, but on too few questions"
        return f"quality first: {got} is right in {small:.0%} of the answers, {options[0][0]} in {large:.0%}"
    return "of those that pass, the one with the lowest ms; the first option always passes"


def _table(options: Sequence[Option]) -> str:
    return ", ".join(
        f"{name} ({ms:.0f} ms, {np.mean(right):.0%} right)" for name, ms, right in options
    )
