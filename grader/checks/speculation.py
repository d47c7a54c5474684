"""The checks of lab 05: drafts that are accepted and refused, on a toy vocabulary; no model runs here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from random import Random

import numpy as np
from scipy import stats

from grader.exercise.call_limits import CallLimits, UncopiedGenerator
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng, fresh_seed

VOCABULARY = 6
DRAWS = 20_000  # for each pair of distributions
PAIRS = 3
# Of one statistical test; a check makes six. A right answer fails less than once in a million checks.
FALSE_ALARM = 1e-7
APART = (
    0.3,
    0.7,
)  # total variation between draft and target: wrong answers show, right ones happen

AGREE = Exercise("05", 1, "agree")
ACCEPT = Exercise("05", 2, "accept")


# ---- exercise 1: greedy -------------------------------------------------------------------------------


@check
def agree(function: Callable[[list[int], list[int]], list[int]]) -> None:
    """What greedy decoding keeps of a draft, and the model's own token behind it."""
    limits = CallLimits(AGREE)
    for drafted, choices in _greedy_cases(fresh_rng()):
        got = limits.call(function, drafted, choices)
        if not isinstance(got, Sequence) or isinstance(got, str):
            AGREE.fail("a list of tokens", kind(got), "the line with `return`")
        expected = _kept(drafted, choices)
        if list(got) != expected:
            AGREE.fail(
                f"{expected} for a draft {drafted} and choices {choices}",
                f"{list(got)!s:.80}",
                _look_at_agree(list(got), drafted, choices),
            )
    AGREE.passed("The text stays the model's own, whoever drafts it. Even a parrot may try.")


def _greedy_cases(rng: Random) -> list[tuple[list[int], list[int]]]:
    """Drafts of every length that agree for a while, for good or not at all; some agree again later."""
    cases = []
    for length in (5, 4, 3, 2, 1, 0):  # a long draft first: it tells the mistakes apart
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
        return (
            "the last token: after what agrees comes one of the model's own, always, and it is free"
        )
    if got == choices:
        return "the first difference: what the model chose behind a wrong token answers a text nobody wrote"
    if got == [one for one, other in zip(drafted, choices, strict=False) if one == other]:
        return "what comes after the first difference: it must not count, even if it agrees again"
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
        """The probability that a drafted token is kept: the sum of min(p, q)."""
        return float(np.minimum(self.p, self.q).sum())

    @property
    def careless(self) -> np.ndarray:
        """What comes out when a refusal draws from all of p: the commonest mistake."""
        return np.minimum(self.p, self.q) + (1 - self.overlap) * self.p


@check
def accept(function: Callable[[int, np.ndarray, np.ndarray, np.random.Generator], int]) -> None:
    """Tokens drafted from q come out distributed as p, and as many of them are kept as can be.

    Per pair a chi-square test of 20,000 draws and a binomial test of those kept; over all pairs a right
    answer fails with a probability below 1e-6.
    """
    limits, fresh_rng = CallLimits(ACCEPT), UncopiedGenerator(np.random.PCG64(fresh_seed()))
    for number in range(PAIRS):
        toy = _toy(fresh_rng, hole=number)
        drafts = [int(token) for token in fresh_rng.choice(VOCABULARY, DRAWS, p=toy.q)]
        got = limits.each(function, drafts, toy.p, toy.q, fresh_rng)
        tokens = np.array([_token(one) for one in got])
        kept = int((tokens == np.array(drafts)).sum())
        _judge_output(toy, np.bincount(tokens, minlength=VOCABULARY), kept)
        _judge_kept(toy, kept)
    ACCEPT.passed(
        f"{PAIRS * DRAWS:,} draws, drafted by q and distributed like p: no test can tell who wrote them."
    )


def _toy(fresh_rng: np.random.Generator, hole: int) -> Toy:
    """A pair that is APART; hole 1: a token that only p has, hole 2: one that only q has."""
    while True:
        p, q = (0.05 + weights for weights in fresh_rng.dirichlet(np.ones(VOCABULARY), 2))
        if hole:
            (q if hole == 1 else p)[fresh_rng.integers(VOCABULARY)] = 0.0
        toy = Toy(p / p.sum(), q / q.sum())
        sides = (np.sum(toy.p > toy.q), np.sum(toy.q > toy.p))  # one token alone hides mistakes
        if APART[0] < 1 - toy.overlap < APART[1] and min(sides) >= 2:
            return toy


def _token(got: object) -> int:
    if isinstance(got, bool) or not isinstance(got, Integral):
        ACCEPT.fail("a token, a whole number from 0 on", kind(got), "the lines with `return`")
    if not 0 <= got < VOCABULARY:
        ACCEPT.fail(f"a token from 0 to {VOCABULARY - 1}", f"{got}", "len(p) tokens there are")
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
    """p-value of the chi-square test of `counts` against the probabilities p."""
    seen = p > 0
    expected = p[seen] / p[seen].sum() * counts[seen].sum()
    return float(stats.chisquare(counts[seen], expected).pvalue)


def _look_at_output(toy: Toy, counts: np.ndarray, kept: int) -> str:
    if kept == DRAWS:
        return "the refusal: every draft is kept, so the small model alone writes the text"
    if _close_to(counts, toy.careless):
        return "the draw after a refusal: from what p has and q has not, max(p - q, 0) made to sum to 1"
    return "keep with probability min(1, p[token] / q[token]); p on top, q below"


def _close_to(counts: np.ndarray, p: np.ndarray) -> bool:
    """Near enough for a hint: within a percentage point and a half everywhere."""
    return bool(np.abs(counts / counts.sum() - p).max() < 0.015)


def _judge_kept(toy: Toy, kept: int) -> None:
    if stats.binomtest(kept, DRAWS, toy.overlap).pvalue < FALSE_ALARM:
        ACCEPT.fail(
            f"{toy.overlap:.1%} of the drafts kept, the sum of min(p, q)",
            f"{kept / DRAWS:.1%}, though the shares are right",
            "whether the draft is looked at at all: drawing from p alone is right, and no faster",
        )


def _shares(p: np.ndarray) -> str:
    return " ".join(f"{share:.2f}" for share in p)
