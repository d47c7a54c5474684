"""The checks of lab 03 on healing: the loss on the answers' tokens with its gradient, and Adam's step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 12  # fresh inputs per check
EXACT = 1e-5  # relative to the largest number: float32 against float64
STEPS = 3  # of Adam, one after the other: the first one hides what is remembered

LOSS = Exercise("03", 8, "answer_loss")
ADAM = Exercise("03", 9, "adam")

Arrays = tuple[np.ndarray, ...]


# ---- exercise 8: the loss -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slip:
    """A way to compute loss and gradient; the defaults are right."""

    before: int = 1  # rows between a token and the scores that predict it
    answers: bool = True
    mean: bool = True
    gradient_mean: bool = True
    sign: int = 1
    everywhere: bool = True
    log: Callable[[np.ndarray], np.ndarray] = np.log

    def __call__(self, logits: np.ndarray, tokens: np.ndarray, answer: np.ndarray) -> tuple:
        chosen = answer if self.answers else np.arange(len(tokens)) > 0
        places = np.flatnonzero(chosen)
        rows, wanted, n = places - self.before, tokens[places], len(places)
        shifted = logits[rows].astype(float) - logits[rows].max(axis=1, keepdims=True)
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        right = p[np.arange(n), wanted]
        loss = -self.log(right).sum() / (n if self.mean else 1)
        change = p if self.everywhere else np.zeros_like(p)
        change[np.arange(n), wanted] = right - 1
        gradient = np.zeros(logits.shape)
        gradient[rows] = self.sign * change / (n if self.gradient_mean else 1)
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
    LOSS.returned(got, tuple | list, "a tuple: (loss, gradient)", n=2)
    gradient = _array(LOSS, got[1], case[0].shape)
    loss = LOSS.finite(got[0], "the loss")
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


def _array(exercise: Exercise, got: object, shape: tuple[int, ...]) -> np.ndarray:
    """Return `got` as float64 of this shape. Raises CheckFailed for anything else."""
    try:
        array = np.asarray(got, np.float64)
    except (TypeError, ValueError):
        exercise.fail(f"an array of shape {shape}", kind(got), "the line with `return`")
    if array.shape != shape:
        look = (
            "the shape: a number for each of the arguments' numbers, 0 where nothing is to change"
        )
        exercise.fail(f"an array of shape {shape}", f"shape {array.shape}", look)
    if not np.isfinite(array).all():
        look = "exp() of large scores: subtract the largest of each row first"
        exercise.fail("finite numbers", "nan or infinity", look)
    return array


# ---- exercise 9: the step -------------------------------------------------------------------------------

Memory = tuple[object, object, int]
START: Memory = (0.0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """A way to take Adam's step; the defaults are right."""

    sign: int = 1
    slow: float = 0.9
    slower: float = 0.999
    corrected: bool = True
    squared: bool = True
    rooted: bool = True
    remembers: bool = True
    counts: bool = True

    def __call__(
        self, weight: np.ndarray, gradient: np.ndarray, memory: Memory, rate: float
    ) -> tuple[np.ndarray, Memory]:
        mean, square, steps = memory if self.remembers else (0.0, 0.0, 0)
        steps += 1
        used = steps if self.counts else 1
        mean = self.slow * mean + (1 - self.slow) * gradient
        power = gradient**2 if self.squared else gradient
        square = self.slower * square + (1 - self.slower) * power
        m = mean / (1 - self.slow**used) if self.corrected else mean
        s = square / (1 - self.slower**used) if self.corrected else square
        with np.errstate(invalid="ignore"):
            scale = (np.sqrt(s) if self.rooted else s) + 1e-8
        return weight - self.sign * rate * m / scale, (mean, square, steps)


TAKEN = Step()
STEP_SLIPS: Mapping[str, Step] = {
    "the direction: against the gradient, or the loss rises": Step(sign=-1),
    "the first steps: divide by 1 − 0.9**steps and 1 − 0.999**steps, as both means begin at 0": Step(
        corrected=False
    ),
    "the second mean: of the gradient's square": Step(squared=False),
    "the root: divide by the root of the second mean": Step(rooted=False),
    "which share is new: 0.1 in the mean of gradients, 0.001 in that of squares": Step(
        slow=0.999, slower=0.9
    ),
    "the memory: the means so far go into this step": Step(remembers=False),
    "the number of steps: one more with each call": Step(counts=False),
}


@check
def adam(function: Callable[[np.ndarray, np.ndarray, Memory, float], tuple]) -> None:
    """Check three steps of Adam, one after the other, for arrays of several shapes."""
    limits, rng = CallLimits(ADAM), np.random.default_rng(fresh_seed())
    for turn in range(ROUNDS):
        _three_steps(function, limits, rng, shape=((3, 4), (5,), (2, 6))[turn % 3])
    ADAM.passed("Each weight has a step of its own: short where its gradients disagree.")


def _three_steps(
    function: Callable, limits: CallLimits, rng: np.random.Generator, shape: tuple[int, ...]
) -> None:
    """Take STEPS steps from the right weights, each with the memory that the learner's function returned."""
    rate, weight = float(rng.uniform(1e-3, 0.1)), rng.normal(size=shape)
    mine = right = START
    slips = dict.fromkeys(STEP_SLIPS, START)
    for number in range(STEPS):
        gradient = rng.normal(0, 10 ** rng.uniform(-2, 1), shape)
        new, mine = _step(limits.call(function, weight, gradient, mine, rate), shape)
        wanted, right = TAKEN(weight, gradient, right, rate)
        slipped = {
            look: slip(weight, gradient, slips[look], rate) for look, slip in STEP_SLIPS.items()
        }
        if not np.allclose(new, wanted, rtol=1e-4, atol=1e-7):
            _differs(number, (weight, new, wanted), {look: one[0] for look, one in slipped.items()})
        slips = {look: one[1] for look, one in slipped.items()}
        weight = wanted
    _judge_memory(mine, right)


def _step(got: object, shape: tuple[int, ...]) -> tuple[np.ndarray, Memory]:
    ADAM.returned(got, tuple | list, "a tuple: (weight, memory)", n=2)
    memory = got[1]
    if not isinstance(memory, tuple | list) or len(memory) != 3:
        look = "the memory: (mean of gradients, mean of squares, steps so far)"
        ADAM.fail("a tuple of three as memory", kind(memory), look)
    return _array(ADAM, got[0], shape), tuple(memory)


def _differs(number: int, arrays: Arrays, slipped: Mapping[str, np.ndarray]) -> None:
    before, new, wanted = (array.flat[0] for array in arrays)
    looks = (look for look, wrong in slipped.items() if np.allclose(arrays[1], wrong, rtol=1e-4))
    ADAM.fail(
        f"{wanted:.5f} in place of {before:.5f} after step {number + 1}",
        f"{new:.5f}",
        next(
            looks, "one step by hand: two means, both corrected, then rate · mean / root of squares"
        ),
    )


def _judge_memory(got: Memory, wanted: Memory) -> None:
    if got[2] != wanted[2]:
        look = "the number of steps: one more with each call"
        ADAM.fail(f"{wanted[2]} steps in the memory", kind(got[2]), look)
