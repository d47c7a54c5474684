"""The checks of lab 05 on the speed-up: what a draft gains, what it costs, and when not to draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from random import Random
from statistics import fmean

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import TWO_DECIMALS, Exercise, check, hint
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 40  # fresh inputs per check

TOKENS = Exercise("05", 3, "tokens_a_step")
ALPHA = Exercise("05", 3, "estimate_alpha")
SPEEDUP = Exercise("05", 4, "speedup")
LENGTH = Exercise("05", 5, "best_length")

# v(n) of the 135M model on a two-core server, measured: full precision, and eight bits.
F32 = {1: 1.0, 2: 1.27, 3: 1.39, 5: 1.62, 9: 2.09}
Q8_0 = {1: 1.0, 2: 1.90, 3: 2.15, 5: 2.88, 9: 3.70}


@check
def tokens_a_step(function: Callable[[float, int], float]) -> None:
    """Check 1 + a + a**2 + ... + a**g for any acceptance from 0 to 1."""
    limits, rng = CallLimits(TOKENS), fresh_rng()
    # First where every known mistake gives another number; with a draft of one token, two of them agree.
    telling = (rng.uniform(0.5, 0.7), rng.randint(2, 4))
    drawn = ((rng.uniform(0.05, 0.95), rng.randint(1, 8)) for _ in range(ROUNDS))
    edges = [(0.0, 4), (1.0, 4), (0.5, 0), (1.0, 0)]
    for alpha, g in [telling, *drawn, *edges]:
        got = TOKENS.finite(limits.call(function, alpha, g), "tokens a step")
        where = f"tokens for acceptance {alpha:.2f} and a draft of {g}"
        TOKENS.expect(got, _tokens(alpha, g), where, _look_at_tokens, alpha, g, unit=TWO_DECIMALS)
    TOKENS.passed("Between 1 and g + 1: a step is never wasted, and never a miracle.")


def _tokens(alpha: float, g: int) -> float:
    return sum(alpha**i for i in range(g + 1))


def _look_at_tokens(got: float, alpha: float, g: int) -> str:
    mistakes = {
        "the model's own token: every step gives one, even if the whole draft is rejected": (
            _tokens(alpha, g) - 1
        ),
        "the order: the third drafted token counts only if the first two were right": 1 + alpha * g,
        "the sum: that is the chance that all agree, not the expected number": alpha**g,
        "the sum: add alpha**i for every i from 0 to g": alpha ** (g + 1),
    }
    default = "token i of the draft is accepted with probability alpha**i; add these up, plus one"
    return hint(got, mistakes, default, TWO_DECIMALS)


@check
def estimate_alpha(function: Callable[[list[int], list[int]], float]) -> None:
    """Check right / (right + wrong), where a step has at most one wrong token, and 0 without any draft."""
    limits, rng = CallLimits(ALPHA), fresh_rng()
    drawn = (_steps(rng, rng.randint(1, 9)) for _ in range(ROUNDS))
    edges = [([4, 2], [4, 2]), ([3, 0, 5], [0, 0, 0]), ([1, 0], [1, 0])]
    nothing = [([], []), ([0, 0, 0], [0, 0, 0])]
    cases = [_telling_steps(rng), *drawn, *edges, *nothing]
    for (drafted, kept), got in asked(lambda case: limits.call(function, *case), cases):
        where = f"for drafts of {drafted} tokens, of which {kept} were kept"
        alpha = ALPHA.finite(got, f"alpha {where}")
        right = _alpha(drafted, kept)
        ALPHA.expect(alpha, right, where, _look_at_alpha, drafted, kept, unit=TWO_DECIMALS)
    ALPHA.passed(
        "Not the share that was kept: nobody knows what the tokens behind a wrong one were worth."
    )


def _steps(rng: Random, n: int) -> tuple[list[int], list[int]]:
    """Return the tokens drafted and kept in `n` steps; about every third draft is kept whole."""
    drafted = [rng.randint(0, 5) for _ in range(n)]
    return drafted, [rng.choice((count, rng.randint(0, count))) for count in drafted]


def _telling_steps(rng: Random) -> tuple[list[int], list[int]]:
    """Return steps for which every known mistake gives a number of its own."""
    while True:
        steps = _steps(rng, 8)
        numbers = [_alpha(*steps), *_alpha_mistakes(*steps).values()]
        if all(abs(a - b) > 4 * TWO_DECIMALS.within for a, b in combinations(numbers, 2)):
            return steps


def _alpha(drafted: Sequence[int], kept: Sequence[int]) -> float:
    tried = [min(k + 1, n) for n, k in zip(drafted, kept, strict=True)]
    return sum(kept) / sum(tried) if sum(tried) else 0.0


def _look_at_alpha(got: float, drafted: list[int], kept: list[int]) -> str:
    if not sum(drafted):
        return "no draft at all, for example in a text without repetitions: 0 then"
    return hint(
        got,
        _alpha_mistakes(drafted, kept),
        "the sum of `kept`, divided by it and the wrong tokens: one a step with kept < drafted",
        TWO_DECIMALS,
    )


def _alpha_mistakes(drafted: Sequence[int], kept: Sequence[int]) -> dict[str, float]:
    """Return what to look at -> the number that this mistake gives, for steps of which one has a draft."""
    steps = list(zip(drafted, kept, strict=True))
    right, wrong = sum(kept), sum(k < n for n, k in steps)
    return {
        "the tokens behind a wrong one: they were never tried, so do not divide by all drafted": (
            right / sum(drafted)
        ),
        "the sums: count over all steps first, and divide once": (
            fmean(k / min(k + 1, n) for n, k in steps if n)
        ),
        "steps without a wrong token: a draft kept whole has none, and an empty one neither": (
            right / (right + len(steps))
        ),
        "an empty draft: it has no wrong token": (
            right / (right + sum(k < n or not n for n, k in steps))
        ),
        "a draft that was kept whole: it has no wrong token": (
            right / (right + sum(n > 0 for n, _ in steps))
        ),
        "all tokens that were tried, not only the first of each draft": (
            sum(k > 0 for _, k in steps) / sum(n > 0 for n in drafted)
        ),
        "single tokens: that is the share of drafts kept whole": (
            sum(k == n for n, k in steps) / len(steps)
        ),
        "the share of right tokens, not of wrong ones": wrong / max(right + wrong, 1),
        "the divisor: right and wrong tokens together, all that were tried": right / max(wrong, 1),
        "tokens, not steps: that is how many are kept a step": right / len(steps),
    }


@check
def speedup(function: Callable[[float, int, float, Mapping[int, float]], float]) -> None:
    """Check tau / (g c + v(g + 1))."""
    limits, rng = CallLimits(SPEEDUP), fresh_rng()
    for _ in range(ROUNDS):
        g, c, v = rng.randint(1, 5), rng.choice((0.0, rng.uniform(0.05, 0.6))), _costs(rng)
        tau = rng.uniform(1, g + 1)
        got = SPEEDUP.finite(limits.call(function, tau, g, c, v), "the speed-up")
        expected, look = tau / (g * c + v[g + 1]), _look_at_speedup
        where = f"for tau {tau:.2f}, g {g}, c {c:.2f}, v({g + 1}) {v[g + 1]:.2f}"
        SPEEDUP.expect(got, expected, where, look, tau, g, c, v, unit=TWO_DECIMALS)
    SPEEDUP.passed("Above 1 it helps, below 1 it hurts, and now you know before you build it.")


def _costs(rng: Random) -> dict[int, float]:
    """Return a synthetic v(n) for n from 1 to 6 that begins at 1 and grows."""
    costs = [1.0]
    for _ in range(5):
        costs.append(round(costs[-1] + rng.uniform(0.1, 0.9), 3))
    return dict(enumerate(costs, start=1))


def _look_at_speedup(got: float, tau: float, g: int, c: float, v: Mapping[int, float]) -> str:
    check = v[g + 1]
    mistakes = {
        "v: g drafted tokens are checked together with one more, so v[g + 1]": tau / (g * c + v[g]),
        "the time to draft: g tokens at c each": tau / check,
        "the time to draft: c is for one token, and g of them are drafted": tau / (c + check),
        "the direction: divide the tokens by the time": (g * c + check) / tau,
    }
    default = "tokens of a step, divided by its time: g * c to draft, v[g + 1] to check"
    return hint(got, mistakes, default, TWO_DECIMALS)


@check
def best_length(function: Callable[[float, float, Mapping[int, float]], int]) -> None:
    """Check the draft length with the highest speed-up, or 0 if none is above 1."""
    limits, rng = CallLimits(LENGTH), fresh_rng()
    measured = [(alpha, 0.0, v) for alpha in (0.3, 0.5, 0.7, 0.9) for v in (F32, Q8_0)]
    made_up = [(rng.uniform(0.1, 0.95), rng.uniform(0, 0.5), _costs(rng)) for _ in range(ROUNDS)]
    for alpha, c, v in [*measured, *made_up]:
        got = LENGTH.finite(limits.call(function, alpha, c, v), "the draft length")
        gains = _gains(alpha, c, v)
        if got not in gains or gains[got] < max(gains.values()) - TWO_DECIMALS.within:
            LENGTH.fail(
                _best(gains, alpha, c, v),
                f"{got:g}" + (f", speed-up {gains[got]:.2f}" if got in gains else ""),
                _look_at_length(got, gains, v),
            )
    LENGTH.passed("Sometimes the best draft length is 0: without a draft, nothing gets slower.")


def _gains(alpha: float, c: float, v: Mapping[int, float]) -> dict[int, float]:
    """Return draft length -> speed-up for every length, including 0, whose check was measured."""
    lengths = [n - 1 for n in v]
    return {g: _tokens(alpha, g) / (g * c + v[g + 1]) for g in lengths}


def _best(gains: Mapping[int, float], alpha: float, c: float, v: Mapping[int, float]) -> str:
    g = max(gains, key=gains.__getitem__)
    costs = ", ".join(f"v({n}) {cost:.2f}" for n, cost in v.items())
    return f"{g}, speed-up {gains[g]:.2f}, for acceptance {alpha:.2f}, c {c:.2f}, {costs}"


def _look_at_length(got: float, gains: Mapping[int, float], v: Mapping[int, float]) -> str:
    if got not in gains:
        return (
            f"the lengths to choose from: n - 1 for each n in v, which has {', '.join(map(str, v))}"
        )
    if gains[got] < 1:
        return "a speed-up below 1: then plain decoding, 0, is faster"
    return "all lengths that v has a cost for: take the largest speed-up, not the longest draft"
