"""The checks of lab 05: accepting and rejecting drafts on a toy vocabulary, without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from random import Random

import numpy as np
from scipy import stats

from grader.exercise.call_limits import CallLimits, UncopiedGenerator
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import asked, fresh_rng, fresh_seed

VOCABULARY = 6
DRAWS = 20_000  # for each pair of distributions
PAIRS = 3
# Of one statistical test; a check makes six. A right answer fails less than once in a million checks.
FALSE_ALARM = 1e-7
# Total variation between draft and target: large enough to show mistakes, small enough for acceptances.
APART = (0.3, 0.7)

AGREE = Exercise("05", 1, "agree")
ACCEPT = Exercise("05", 2, "accept")


# ---- exercise 1: greedy -------------------------------------------------------------------------------


@check
def agree(function: Callable[[list[int], list[int]], list[int]]) -> None:
    """Check what greedy decoding keeps of a draft, and the model's own token after it."""
    limits = CallLimits(AGREE)
    cases = _greedy_cases(fresh_rng())
    for (drafted, choices), got in asked(lambda case: limits.call(function, *case), cases):
        tokens = list(AGREE.returned(got, Sequence, "a list of tokens"))
        where = f"for a draft {drafted} and choices {choices}"
        AGREE.expect(tokens, _kept(drafted, choices), where, _look_at_agree, drafted, choices)
    AGREE.passed("The text stays the model's own, whoever drafts it. Even a parrot may try.")


def _greedy_cases(rng: Random) -> list[tuple[list[int], list[int]]]:
    """Return drafts of every length that agree up to every position; some agree again later."""
    cases = []
    for length in (5, 4, 3, 2, 1, 0):  # a long draft first, because it tells the mistakes apart
        for right in (2, *range(length + 1)):
            choices = [rng.randrange(10, 99) for _ in range(length + 1)]
            drafted = choices[:length]
            if right < length:
                drafted[right] += 1
            cases.append((drafted, choices))
    return cases


def _kept(drafted: list[int], choices: list[int]) -> list[int]:
    wrong = [place for place, token in enumerate(drafted) if token != choices[place]]
    return choices[: min(wrong, default=len(drafted)) + 1]


def _look_at_agree(got: list[int], drafted: list[int], choices: list[int]) -> str:
    right = _kept(drafted, choices)
    if got == right[:-1]:
        return "the last token: the model's own token always follows the drafted ones you keep"
    if got == choices:
        return (
            "the first difference: choices after a wrong token continue a text that is not written"
        )
    if got == [d for d, choice in zip(drafted, choices, strict=False) if d == choice]:
        return (
            "the tokens after the first difference: they must not count, even if they agree again"
        )
    if got == drafted[: len(right)]:
        return "the token at the first difference: the model's choice, not the drafted one"
    return "drafted[i] is right if it equals choices[i]; keep up to the first that is not"


# ---- exercise 2: sampling -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Toy:
    """A target p and a draft q over six tokens, each of shape (6,), float64, sum 1."""

    p: np.ndarray
    q: np.ndarray

    @property
    def overlap(self) -> float:
        """The probability that a drafted token is accepted: the sum of min(p, q)."""
        return float(np.minimum(self.p, self.q).sum())

    @property
    def from_whole_p(self) -> np.ndarray:
        """The output distribution if a rejection draws from all of p, which is the commonest mistake."""
        return np.minimum(self.p, self.q) + (1 - self.overlap) * self.p


@check
def accept(function: Callable[[int, np.ndarray, np.ndarray, np.random.Generator], int]) -> None:
    """Check that tokens drafted from q come out distributed as p, with as many accepted as possible.

    Each pair has a chi-square test of 20,000 draws and a binomial test of those accepted; over all pairs, a
    right answer fails with a probability below 1e-6.
    """
    limits, rng = CallLimits(ACCEPT), UncopiedGenerator(np.random.PCG64(fresh_seed()))
    for number in range(PAIRS):
        toy = _toy(rng, hole=number)
        drafts = [int(token) for token in rng.choice(VOCABULARY, DRAWS, p=toy.q)]
        got = limits.each(function, drafts, toy.p, toy.q, rng)
        tokens = np.array([_token(token) for token in got])
        kept = int((tokens == np.array(drafts)).sum())
        _judge_output(toy, np.bincount(tokens, minlength=VOCABULARY), kept)
        _judge_kept(toy, kept)
    ACCEPT.passed(f"{PAIRS * DRAWS:,} draws: drafted from q, they are distributed like p.")


def _toy(rng: np.random.Generator, hole: int) -> Toy:
    """Return a pair that is APART; with hole 1 one token is only in p, with hole 2 only in q."""
    while True:
        p, q = (0.05 + weights for weights in rng.dirichlet(np.ones(VOCABULARY), 2))
        if hole:
            (q if hole == 1 else p)[rng.integers(VOCABULARY)] = 0.0
        toy = Toy(p / p.sum(), q / q.sum())
        sides = (np.sum(toy.p > toy.q), np.sum(toy.q > toy.p))  # one token alone hides mistakes
        if APART[0] < 1 - toy.overlap < APART[1] and min(sides) >= 2:
            return toy


def _token(got: object) -> int:
    if isinstance(got, bool) or not isinstance(got, Integral):
        ACCEPT.fail("a token, a whole number from 0 on", kind(got), "the lines with `return`")
    if not 0 <= got < VOCABULARY:
        ACCEPT.fail(
            f"a token from 0 to {VOCABULARY - 1}", f"{got}", "the range: there are len(p) tokens"
        )
    return int(got)


def _judge_output(toy: Toy, counts: np.ndarray, kept: int) -> None:
    impossible = np.flatnonzero((toy.p == 0) & (counts > 0))
    fits = not impossible.size and _fit(counts, toy.p) >= FALSE_ALARM
    if not fits:
        ACCEPT.fail(
            f"shares like p = {_shares(toy.p)}",
            f"{_shares(counts / counts.sum())} from q = {_shares(toy.q)}",
            _look_at_output(toy, counts, kept),
        )


def _fit(counts: np.ndarray, p: np.ndarray) -> float:
    """Return the p-value of the chi-square test of `counts` against the probabilities p."""
    seen = p > 0
    expected = p[seen] / p[seen].sum() * counts[seen].sum()
    return float(stats.chisquare(counts[seen], expected).pvalue)


def _look_at_output(toy: Toy, counts: np.ndarray, kept: int) -> str:
    if kept == DRAWS:
        return "the rejection: you accept every draft, so the small model alone writes the text"
    if _close_to(counts, toy.from_whole_p):
        return "the draw after a rejection: draw from max(p - q, 0), scaled to sum to 1, not from p"
    return "accept with probability min(1, p[token] / q[token]): p divided by q"


def _close_to(counts: np.ndarray, p: np.ndarray) -> bool:
    """Return True if all shares are within 1.5 percentage points of p, which is near enough for a hint."""
    return bool(np.abs(counts / counts.sum() - p).max() < 0.015)


def _judge_kept(toy: Toy, kept: int) -> None:
    if stats.binomtest(kept, DRAWS, toy.overlap).pvalue < FALSE_ALARM:
        ACCEPT.fail(
            f"{toy.overlap:.1%} of the drafts accepted, the sum of min(p, q)",
            f"{kept / DRAWS:.1%}, though the shares are right",
            "whether you use the draft at all: drawing from p alone is right, but no faster",
        )


def _shares(p: np.ndarray) -> str:
    return " ".join(f"{share:.2f}" for share in p)
