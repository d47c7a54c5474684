"""The checks of lab 05, the sums: what a draft buys, what it costs, and when to leave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check
ROUNDING = 0.005  # of a factor: two decimals are welcome

TOKENS = Exercise("05", 3, "tokens_a_step")
SPEEDUP = Exercise("05", 4, "speedup")
LENGTH = Exercise("05", 5, "best_length")

# v(n) of the 135M model on a two-core server, measured: full precision, and eight bits.
F32 = {1: 1.0, 2: 1.27, 3: 1.39, 5: 1.62, 9: 2.09}
Q8_0 = {1: 1.0, 2: 1.90, 3: 2.15, 5: 2.88, 9: 3.70}


@check
def tokens_a_step(function: Callable[[float, int], float]) -> None:
    """1 + a + a**2 + ... + a**g, for any acceptance from 0 to 1."""
    limits, rng = CallLimits(TOKENS), fresh_rng()
    edges = [(0.0, 4), (1.0, 4), (0.5, 0), (1.0, 0)]
    for alpha, g in [
        *((rng.uniform(0.05, 0.95), rng.randint(1, 8)) for _ in range(ROUNDS)),
        *edges,
    ]:
        got = TOKENS.finite(limits.call(function, alpha, g), "tokens a step")
        expected = sum(alpha**i for i in range(g + 1))
        if abs(got - expected) > ROUNDING:
            TOKENS.fail(
                f"{expected:.2f} tokens for acceptance {alpha:.2f} and a draft of {g}",
                f"{got:.2f}",
                _look_at_tokens(got, alpha, g),
            )
    TOKENS.passed("Between 1 and g + 1: a step is never wasted, and never a miracle.")


def _look_at_tokens(got: float, alpha: float, g: int) -> str:
    whole = sum(alpha**i for i in range(g + 1))
    if abs(got - (whole - 1)) <= ROUNDING:
        return "the model's own token: every step brings one, also when the whole draft is refused"
    if abs(got - (1 + alpha * g)) <= ROUNDING:
        return "the order: the third drafted token counts only if the first two were right"
    if abs(got - alpha ** (g + 1)) <= ROUNDING or abs(got - alpha**g) <= ROUNDING:
        return "the sum: that is the chance that all agree, not the expected number"
    return "token i of the draft is kept with probability alpha**i; add them up, and one"


@check
def speedup(function: Callable[[float, int, float, Mapping[int, float]], float]) -> None:
    """tau / (g c + v(g + 1))."""
    limits, rng = CallLimits(SPEEDUP), fresh_rng()
    for _ in range(ROUNDS):
        g, c, v = rng.randint(1, 5), rng.choice((0.0, rng.uniform(0.05, 0.6))), _costs(rng)
        tau = rng.uniform(1, g + 1)
        got = SPEEDUP.finite(limits.call(function, tau, g, c, v), "the speed-up")
        expected = tau / (g * c + v[g + 1])
        if abs(got - expected) > ROUNDING:
            SPEEDUP.fail(
                f"{expected:.2f} for tau {tau:.2f}, g {g}, c {c:.2f}, v({g + 1}) {v[g + 1]:.2f}",
                f"{got:.2f}",
                _look_at_speedup(got, tau, g, c, v),
            )
    SPEEDUP.passed("Above 1 it helps, below 1 it hurts, and now you know before you build it.")


def _costs(rng: Random) -> dict[int, float]:
    """A made-up v(n) for n from 1 to 6: it begins at 1 and grows."""
    costs = [1.0]
    for _ in range(5):
        costs.append(round(costs[-1] + rng.uniform(0.1, 0.9), 3))
    return dict(enumerate(costs, start=1))


def _look_at_speedup(got: float, tau: float, g: int, c: float, v: Mapping[int, float]) -> str:
    mistakes = {
        tau
        / (g * c + v[g]): "v: a draft of g tokens is checked together with one more, so v[g + 1]",
        tau / v[g + 1]: "the price of drafting: g tokens at c each",
        tau
        / (c + v[g + 1]): "the price of drafting: c is for one token, and g of them are drafted",
        (g * c + v[g + 1]) / tau: "the direction: tokens on top, time below",
    }
    near = min(mistakes, key=lambda value: abs(value - got))
    if abs(near - got) <= ROUNDING:
        return mistakes[near]
    return "tokens of a step, divided by its time: g * c to draft, v[g + 1] to check"


@check
def best_length(function: Callable[[float, float, Mapping[int, float]], int]) -> None:
    """The draft length with the highest speed-up; 0 where none is above 1."""
    limits, rng = CallLimits(LENGTH), fresh_rng()
    measured = [(alpha, 0.0, v) for alpha in (0.3, 0.5, 0.7, 0.9) for v in (F32, Q8_0)]
    made_up = [(rng.uniform(0.1, 0.95), rng.uniform(0, 0.5), _costs(rng)) for _ in range(ROUNDS)]
    for alpha, c, v in [*measured, *made_up]:
        got = LENGTH.finite(limits.call(function, alpha, c, v), "the draft length")
        gains = _gains(alpha, c, v)
        if got not in gains or gains[got] < max(gains.values()) - ROUNDING:
            LENGTH.fail(
                _best(gains, alpha, c, v),
                f"{got:g}" + (f", speed-up {gains[got]:.2f}" if got in gains else ""),
                _look_at_length(got, gains, v),
            )
    LENGTH.passed("Sometimes the best draft is none: nobody ever got slower by not drafting.")


def _gains(alpha: float, c: float, v: Mapping[int, float]) -> dict[int, float]:
    """Draft length -> speed-up, 0 among them, for every length whose check was measured."""
    lengths = [n - 1 for n in v]
    return {g: sum(alpha**i for i in range(g + 1)) / (g * c + v[g + 1]) for g in lengths}


def _best(gains: Mapping[int, float], alpha: float, c: float, v: Mapping[int, float]) -> str:
    g = max(gains, key=gains.__getitem__)
    costs = ", ".join(f"v({n}) {cost:.2f}" for n, cost in v.items())
    return f"{g}, speed-up {gains[g]:.2f}, for acceptance {alpha:.2f}, c {c:.2f}, {costs}"


def _look_at_length(got: float, gains: Mapping[int, float], v: Mapping[int, float]) -> str:
    if got not in gains:
        return f"the lengths to choose from: v knows {', '.join(map(str, v))}, so n - 1 of these"
    if gains[got] < 1:
        return "a speed-up below 1: then plain decoding, 0, is the better plan"
    return "all lengths that v has a cost for; the largest speed-up, not the longest draft"
