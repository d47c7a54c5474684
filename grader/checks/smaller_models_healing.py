"""The check of lab 03 on healing: the loss on the answers' tokens, with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind, plain
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 12  # fresh inputs per check
EXACT = 1e-5  # relative to the largest number: float32 against float64

LOSS = Exercise("03", 8, "answer_loss")

OVERFLOW = "exp() of large scores: subtract the largest of each row first"
NEGATIVE = "the logarithm: p − 1 is negative and has none, so take the loss before you subtract 1"

Arrays = tuple[np.ndarray, ...]


# ---- exercise 8: the loss -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slip:
    """A way to compute loss and gradient; the defaults are right."""

    before: int = 1  # rows between a token and the scores that predict it
    answers: bool = True
    mean: bool = True
    gradient_mean: bool = True
    loss_sign: int = 1
    sign: int = 1
    over_all: bool = False  # a mean over all T tokens
    gradient_over_all: bool = False
    everywhere: bool = True
    log: Callable[[np.ndarray], np.ndarray] = np.log

    def __call__(self, logits: np.ndarray, tokens: np.ndarray, answer: np.ndarray) -> tuple:
        chosen = answer if self.answers else np.arange(len(tokens)) > 0
        places = np.flatnonzero(chosen)
        rows, wanted, n = places - self.before, tokens[places], len(places)
        shifted = logits[rows].astype(float) - logits[rows].max(axis=1, keepdims=True)
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        right = p[np.arange(n), wanted]
        loss_n = len(tokens) if self.over_all else n
        gradient_n = len(tokens) if self.gradient_over_all else n
        loss = -self.loss_sign * self.log(right).sum() / (loss_n if self.mean else 1)
        change = p if self.everywhere else np.zeros_like(p)
        change[np.arange(n), wanted] = right - 1
        gradient = np.zeros(logits.shape)
        gradient[rows] = self.sign * change / (gradient_n if self.gradient_mean else 1)
        return loss, gradient


RIGHT = Slip()
LOSS_SLIPS: Mapping[str, Slip] = {
    "which row: logits[i] score the token at i + 1, so those of token i are one row before": Slip(
        before=0
    ),
    "which tokens: those of the answers alone, where `answer` is True": Slip(answers=False),
    "the mean: divide loss and gradient by the number of the answers' tokens": Slip(
        mean=False, gradient_mean=False
    ),
    "the gradient of a mean: divided by the number of tokens, too": Slip(gradient_mean=False),
    "the mean of the loss: it is over the answers' tokens": Slip(mean=False),
    "n: the number of the answers' tokens, not T": Slip(over_all=True, gradient_over_all=True),
    "n in the gradient: the number of the answers' tokens, not T": Slip(gradient_over_all=True),
    "the sign of the loss: −ln p is never negative, as p is at most 1": Slip(loss_sign=-1),
    "the sign of the gradient: p − 1 at the right token, p at all others": Slip(sign=-1),
    "the gradient of the other tokens: their p has to fall": Slip(everywhere=False),
    "the logarithm: the natural one, in nats": Slip(log=np.log2),
}


@check
def answer_loss(function: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple]) -> None:
    """Check the mean loss of the answers' tokens, and its gradient for every score."""
    limits, rng = CallLimits(LOSS), np.random.default_rng(fresh_seed())
    cases = [_scored(rng, turn) for turn in range(ROUNDS)]
    for case, got in asked(lambda case: limits.call(function, *case), cases):
        _judge_loss(got, case)
    LOSS.passed("Only what the model is to write counts; what it reads teaches nothing.")


def _scored(rng: np.random.Generator, turn: int) -> Arrays:
    """Return scores, tokens, and where answers are; in every third case, exp() of half the rows overflows."""
    length, vocabulary = int(rng.integers(7, 13)), int(rng.integers(5, 10))
    far = 900.0 * (np.arange(length) % 2)[:, None] * (turn % 3 == 1)
    logits = rng.normal(0, 1, (length, vocabulary)) + far
    answer = np.zeros(length, bool)
    answer[3 : 3 + turn % 3 + 1] = True  # questions come between the answers
    answer[-1] = True
    return logits.astype(np.float32), rng.integers(0, vocabulary, length), answer


def _judge_loss(got: object, case: Arrays) -> None:
    loss, gradient = _pair(got, case[0].shape)
    wanted, wanted_gradient = RIGHT(*case)
    if _near(loss, wanted) and _near(gradient, wanted_gradient):
        return
    look = _look_at_loss(loss, gradient, case)
    n = int(case[2].sum())
    if not _near(loss, wanted):
        LOSS.fail(f"loss {wanted:.4f} for {n} tokens of answers", f"{loss:.4f}", look)
    row, token = map(int, np.argwhere(~np.isclose(gradient, wanted_gradient, EXACT, EXACT))[0])
    expected = f"gradient {wanted_gradient[row, token]:.4f} in row {row} for token {token}"
    LOSS.fail(expected, f"{gradient[row, token]:.4f}", look)


def _pair(got: object, shape: tuple[int, ...]) -> tuple[float, np.ndarray]:
    """Return loss and gradient as numbers. Raises CheckFailed for anything else."""
    LOSS.returned(got, tuple | list, "a tuple: (loss, gradient)", n=2)
    first, second = map(plain, got)
    if isinstance(second, Real) and not isinstance(first, Real):
        look = "the order: the loss first, then the gradient"
        LOSS.fail("(loss, gradient)", "a number as gradient", look)
    gradient = array(LOSS, got[1], shape)
    if not np.isfinite(gradient).all():
        LOSS.fail("finite numbers in the gradient", "nan or infinity", OVERFLOW)
    is_nan = isinstance(first, Real) and first != first
    return LOSS.finite(first, "the loss", NEGATIVE if is_nan else OVERFLOW), gradient


def _look_at_loss(loss: float, gradient: np.ndarray, case: Arrays) -> str:
    for look, slip in LOSS_SLIPS.items():
        wrong, wrong_gradient = slip(*case)
        if _near(loss, wrong) and _near(gradient, wrong_gradient):
            return look
    return (
        "one token by hand: softmax of its row, −ln of the right one, p − 1 there and p elsewhere"
    )


def _near(got: object, wanted: object) -> bool:
    return bool(np.allclose(got, wanted, rtol=1e-3, atol=EXACT))


def array(exercise: Exercise, got: object, shape: tuple[int, ...]) -> np.ndarray:
    """Return `got` as float64 of this shape, finite or not. Raises CheckFailed for anything else."""
    try:
        numbers = np.asarray(got, np.float64)
    except (TypeError, ValueError):
        exercise.fail(f"an array of shape {shape}", kind(got), "the line with `return`")
    if numbers.shape != shape:
        look = (
            "the shape: a number for each of the arguments' numbers, 0 where nothing is to change"
        )
        exercise.fail(f"an array of shape {shape}", f"shape {numbers.shape}", look)
    return numbers
