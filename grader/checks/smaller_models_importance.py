"""The check of lab 03 on importance: what each layer of a model is worth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, explanation
from grader.exercise.exported import exported
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 12  # fresh models per check
DIGITS = 4
LOSS = Unit("{:.4f}", 2 * 10.0**-DIGITS)

IMPORTANCE = Exercise("03", 7, "importance")


# ---- exercise 7: importance -----------------------------------------------------------------------------


@exported("__call__")
class Stack:
    """A model of residual layers that gives a vector for each of some texts."""

    def __init__(self, rng: Random) -> None:
        numbers = np.random.default_rng(rng.getrandbits(64))
        self.layers, width = rng.randint(3, 7), rng.randint(4, 9)
        self.start = numbers.normal(size=(rng.randint(3, 8), width))
        scales = numbers.uniform(0.1, 1.2, self.layers)
        self.turns = [numbers.normal(0, scale, (width, width)) for scale in scales]

    def __call__(self, kept: Sequence[int]) -> np.ndarray:
        """Return unit vectors (texts, d) of the layers `kept`.

        Raises TypeError for a set or an iterator, whose order or length is unknown, and ValueError for layers
        that are not there.
        """
        if not isinstance(kept, Sequence | np.ndarray):
            raise TypeError(f"The kept layers have to be a list, not a {type(kept).__name__}.")
        kept = [int(layer) for layer in kept]
        if not set(kept) <= set(range(self.layers)) or len(set(kept)) != len(kept):
            raise ValueError(f"There are the layers 0 to {self.layers - 1}, each once, not {kept}.")
        hidden = self.start
        for layer in kept:
            hidden = hidden + np.tanh(hidden @ self.turns[layer])
        return hidden / np.linalg.norm(hidden, axis=1, keepdims=True)

    def __deepcopy__(self, memo: dict) -> Stack:
        return self


def _without(n: int, dropped: Collection[int]) -> list[int]:
    return [layer for layer in range(n) if layer not in dropped]


def _losses(
    vectors: Stack,
    n: int,
    kept: Callable[[int, int], list[int]] = lambda n, layer: _without(n, [layer]),
    beside: Callable[[int, int], list[int]] = lambda n, layer: list(range(n)),
    loss: Callable[[np.ndarray, np.ndarray], float] = lambda a, b: 1 - (a * b).sum(1).mean(),
) -> list[float]:
    pairs = [(vectors(beside(n, layer)), vectors(kept(n, layer))) for layer in range(n)]
    return [round(float(loss(a, b)), DIGITS) for a, b in pairs]


def _slip(**changed: Callable) -> Callable[[Stack, int], list[float]]:
    return lambda vectors, n: _losses(vectors, n, **changed)


LEFT_OUT = _slip(kept=lambda n, layer: list(range(layer + 1, n)))  # no layer comes back
IMPORTANCE_SLIPS: Mapping[str, Callable[..., object]] = {
    "1 − cosine: a layer without which nothing changes has importance 0": _slip(
        loss=lambda a, b: (a * b).sum(1).mean()
    ),
    "the mean over the texts of a sum over the numbers of a vector": _slip(
        loss=lambda a, b: 1 - (a * b).mean()
    ),
    "the axis: sum along the numbers of a vector (axis 1), then take the mean over the texts": _slip(
        loss=lambda a, b: 1 - (a * b).sum(0).mean()
    ),
    "the layers: they are numbered from 0": lambda vectors, n: [*_losses(vectors, n)[1:], 0.0],
    "the order: the first number is that of layer 0, so sort nothing": lambda vectors, n: sorted(
        _losses(vectors, n)
    ),
    "the mean over the texts, not their sum": _slip(loss=lambda a, b: (1 - (a * b).sum(1)).sum()),
    "all texts: you return what the first one loses": _slip(loss=lambda a, b: 1 - a[0] @ b[0]),
    "the cosine: of unit vectors it is the sum of products, not a distance": _slip(
        loss=lambda a, b: np.linalg.norm(a - b, axis=1).mean()
    ),
    "what you leave out: one layer, and all others stay": _slip(kept=lambda n, layer: [layer]),
    "the layer that was left out before: it comes back": LEFT_OUT,
    "the layers that were left out before: they come back": (
        lambda vectors, n: [*LEFT_OUT(vectors, n)[:-1], 1.0]
    ),
    "the layers after it: they run, too": _slip(kept=lambda n, layer: list(range(layer))),
    "what you compare with: the whole model, not the layers so far": _slip(
        kept=lambda n, layer: list(range(layer)), beside=lambda n, layer: list(range(layer + 1))
    ),
    "what you compare with: the whole model, not one without layers": _slip(
        beside=lambda n, layer: []
    ),
}


@check
def importance(
    function: Callable[[Callable[[Sequence[int]], np.ndarray], int], list[float]],
) -> None:
    """Check what each layer is worth: 1 - mean cosine between the whole model and the one without it."""
    limits, rng = CallLimits(IMPORTANCE), fresh_rng()
    stacks = [Stack(rng) for _ in range(ROUNDS)]
    cases = [(stack, stack.layers) for stack in stacks]
    answers = [
        (case, _rounded(got, case[1]))
        for case, got in asked(lambda case: limits.call(function, *case), cases)
    ]
    for (vectors, n), got in answers:
        wanted = _losses(vectors, n)
        if not all(map(LOSS.near, got, wanted)):
            look = explanation(IMPORTANCE_SLIPS, answers) or "one layer after the other, by hand"
            IMPORTANCE.fail(f"{wanted} for {n} layers", f"{got}", look)
    IMPORTANCE.passed("Now you know which layers the model would miss, one at a time.")


def _rounded(got: object, n: int) -> list[float]:
    values = IMPORTANCE.returned(got, Sequence, f"a list of {n} numbers", n=n)
    return [round(IMPORTANCE.finite(value, "each layer"), DIGITS) for value in values]
