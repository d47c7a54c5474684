"""The check of lab 03 on training: a step of Adam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.checks.smaller_models_healing import array
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_seed

ROUNDS = 12  # fresh inputs per check
STEPS = 3  # one after the other: the first one hides what is remembered
# A gradient to which 1e-8 matters, negative, so that a mean of gradients has no root; one to which it does
# not; and a difference that only the first explains.
TINY, SMALL, APART = -1e-7, 1e-3, 0.01

ADAM = Exercise("03", 9, "adam")
ADDED = "1e-8: add it to the root of squares, so that a gradient of 0 is not divided by 0"
HAND = "one step by hand: two means, both corrected, then rate · mean / root of squares"
COUNT = "the number of steps: add 1 to it first, as 1 − 0.9**0 is 0 and you divide by it"
ROOT = (
    "the root: of the mean of squares, the second of (mean, square, steps), which is never negative"
)

# ---- exercise 9: the step -------------------------------------------------------------------------------

Arrays = tuple[np.ndarray, ...]
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
    uncorrected: bool = True  # in the memory

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
        remembered = (mean, square) if self.uncorrected else (m, s)
        return weight - self.sign * rate * m / scale, (*remembered, steps)


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
    "the memory: it holds both means uncorrected": Step(uncorrected=False),
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
    nothing, tiny = rng.choice(weight.size, 2, replace=False)
    mine = right = START
    slips = dict.fromkeys(STEP_SLIPS, START)
    for number in range(1, STEPS + 1):
        gradient = rng.normal(0, 10 ** rng.uniform(-2, 1), shape)
        gradient.flat[nothing], gradient.flat[tiny] = 0.0, TINY
        new, mine = _step(limits.call(function, weight, gradient, mine, rate), gradient)
        wanted, right = TAKEN(weight, gradient, right, rate)
        slipped = {
            look: slip(weight, gradient, slips[look], rate) for look, slip in STEP_SLIPS.items()
        }
        if not _near(new, wanted):
            looks = [look for look, (wrong, _) in slipped.items() if _near(new, wrong)]
            apart = np.abs(gradient[np.abs(new - wanted) > APART * rate])
            added = [ADDED] if apart.size and apart.max() < SMALL else []
            _differs(number, (weight, new, wanted), [*looks, *added, HAND][0])
        slips = {look: one[1] for look, one in slipped.items()}
        weight = wanted
    _judge_memory(mine, right)


def _near(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Return True if both are equal but for the rounding of float32."""
    return bool(np.allclose(got, wanted, rtol=1e-6, atol=1e-7))


def _step(got: object, gradient: np.ndarray) -> tuple[np.ndarray, Memory]:
    ADAM.returned(got, tuple | list, "a tuple: (weight, memory)", n=2)
    memory = got[1]
    if not isinstance(memory, tuple | list) or len(memory) != 3:
        look = "the memory: (mean of gradients, mean of squares, steps so far)"
        ADAM.fail("a tuple of three as memory", kind(memory), look)
    weight = array(ADAM, got[0], gradient.shape)
    if (odd := ~np.isfinite(weight)).any():
        look = COUNT if odd.all() else ROOT if gradient[odd].any() else ADDED
        ADAM.fail("finite numbers in the weight", "nan or infinity", look)
    return weight, tuple(memory)


def _differs(number: int, arrays: Arrays, look: str) -> None:
    """Show where the new weight differs most, with as many digits as tell both apart."""
    weight, new, wanted = arrays
    place = np.abs(new - wanted).argmax()
    before, got, right = (f"{one.flat[place]:.8f}" for one in (weight, new, wanted))
    ADAM.fail(f"{right} in place of {before} after step {number}", got, look)


def _judge_memory(got: Memory, wanted: Memory) -> None:
    if got[2] != wanted[2]:
        look = "the number of steps: one more with each call"
        ADAM.fail(f"{wanted[2]} steps in the memory", kind(got[2]), look)
