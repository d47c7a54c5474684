"""The check of lab 03 on the choice: which model to ship."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from grader.checks.smaller_models_worst import TWO_SIDED, beside, differences, lower
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 40  # fresh inputs per check
EQUAL = 3  # rounds whose options have equal means
NEAR = 0.005  # from the margin: a variance with n or with n - 1 leads to the same choice
MARGIN = 0.10

CHOOSE = Exercise("03", 5, "choose")

Option = tuple[str, float, list[bool]]  # name, ms, right or wrong
NAMES = ("large", "base", "medium", "small", "tiny", "mini", "nano", "fast", "distilled", "pruned")
# What the questions show about an option -> the most of the right answers that it may lose.
VERDICTS = {"good": 0.08, "unknown": 0.15, "bad": 0.4}


# ---- exercise 5: the choice ----------------------------------------------------------------------------


@check
def choose(function: Callable[[list[Option], float], str]) -> None:
    """Check the fastest option that is shown to be good enough, or the first, the reference, if none is.

    In every drawn round the fastest option of all is not good enough.
    """
    limits, rng = CallLimits(CHOOSE), fresh_rng()
    drawn = [_options(rng) for _ in range(ROUNDS)] + [_equal_means(rng) for _ in range(EQUAL)]
    drawn += [_drifting(rng), _better(rng)]
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


def _drifting(rng: Random) -> list[Option]:
    """Return the reference, one that loses a little, and a faster one that loses as much against that one."""
    n, lost = 200, (0, 10, 19)
    order = rng.sample(range(n), n)
    results = [[place >= worse for place in order] for worse in lost]
    return list(zip(rng.sample(NAMES, 3), (500.0, 300.0, 90.0), results, strict=True))


def _better(rng: Random) -> list[Option]:
    """Return the reference and two faster options, the fastest of which is better by more than the margin."""
    large = rng.sample([True] * 60 + [False] * 40, 100)
    results = (large, [True] * 100, list(large))
    return list(zip(rng.sample(NAMES, 3), (500.0, 90.0, 300.0), results, strict=True))


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
    while True:
        small = beside(rng, large, rng.uniform(0, VERDICTS[verdict]), rng.uniform(0, 0.3))
        pairs = differences(large, small)
        seen = np.mean(pairs) + MARGIN
        worst = (lower(pairs), lower(pairs, TWO_SIDED), lower(pairs, imagined=()))
        shown = {
            "good": min(worst) + MARGIN > NEAR,
            "unknown": seen > NEAR and max(worst) + MARGIN < -NEAR,
            "bad": seen < -NEAR,
        }
        if shown[verdict]:
            return small


def _worst(options: Sequence[Option], name: str) -> float:
    large = options[0][2]
    right = next(right for other, _, right in options if other == name)
    return lower(differences(large, right))


def _choice(options: Sequence[Option], margin: float) -> str:
    """Return the fastest option that passes; the reference always does."""
    first = options[0][0]
    passed = [
        (ms, name) for name, ms, _ in options if name == first or _worst(options, name) > -margin
    ]
    return min(passed)[1]


def _look_at_choice(got: str, options: Sequence[Option], margin: float) -> str:
    first, right = options[0][0], _choice(options, margin)
    shares = {name: np.mean(answers) for name, _, answers in options}
    worst = _worst(options, got)
    if got != first and worst <= -margin:
        if shares[got] - shares[first] > -margin:
            return (
                f"the worst case of {got} against {first}, {worst:+.2f}: it looks good enough, "
                "but on too few questions"
            )
        return (
            f"quality first: {got} is right in {shares[got]:.0%} of the answers, "
            f"{first} in {shares[first]:.0%}"
        )
    if right == first:
        return "the first option always passes, and none that passes is faster"
    passes = (
        f"{right} passes: its worst case, {_worst(options, right):+.2f}, is above -{margin:.2f}"
    )
    return f"{passes}; of those that pass, it has the lowest ms"


def _table(options: Sequence[Option]) -> str:
    return ", ".join(
        f"{name} ({ms:.0f} ms, {np.mean(right):.0%} right)" for name, ms, right in options
    )
