"""The checks of lab 03 on pruning: the weights of a model with fewer layers, and what each layer is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, explanation
from grader.exercise.exported import exported
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 12  # fresh models per check
DIGITS = 4
LOSS = Unit("{:.4f}", 2 * 10.0**-DIGITS)

KEPT = Exercise("03", 6, "kept_weights")
IMPORTANCE = Exercise("03", 7, "importance")

State = Mapping[str, float]
PARTS = (
    "attention.self.query.weight",
    "attention.output.dense.bias",
    "layer.0.scale",
    "output.dense.weight",
)
OUTSIDE = ("embeddings.word_embeddings.weight", "encoder.norm.bias", "pooler.dense.weight")
NAME = re.compile(r"encoder\.layer\.(\d+)\.(.+)")


# ---- exercise 6: the weights ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """A way to cut; the defaults are right."""

    renumber: bool = True
    in_order: bool = True
    outside: bool = True
    whole_number: bool = True

    def __call__(self, state: State, kept: Sequence[int]) -> dict[str, float]:
        order = list(kept) if self.in_order else sorted(kept)
        weights = {}
        for name, weight in state.items():
            if not (match := NAME.fullmatch(name)):
                if self.outside:
                    weights[name] = weight
                continue
            number = int(match[1]) if self.whole_number else int(match[1][0])
            if number in order:
                new = order.index(number) if self.renumber else number
                weights[f"encoder.layer.{new}.{match[2]}"] = weight
        return weights


RIGHT = Cut()
CUT_SLIPS: Mapping[str, Callable[..., object]] = {
    "the numbers: the kept layers get 0, 1, 2 …, or the new model does not find them": Cut(
        renumber=False
    ),
    "the order of `kept`: the first of it becomes layer 0": Cut(in_order=False),
    "the weights outside of layers: embeddings and pooler stay": Cut(outside=False),
    "the whole number: layer 1 is not layer 10": Cut(whole_number=False),
    "`kept`: it names the layers that stay": lambda state, kept: RIGHT(
        state, [n for n in range(_layers(state)) if n not in kept]
    ),
}


@check
def kept_weights(function: Callable[[State, Sequence[int]], State]) -> None:
    """Check the names and values of the weights of a model with only some of its layers."""
    limits, rng = CallLimits(KEPT), fresh_rng()
    cases = [*_known(rng), *(_drawn(rng) for _ in range(ROUNDS))]
    answers = asked(lambda case: limits.call(function, *case), cases)
    for (state, kept), got in answers:
        KEPT.returned(got, Mapping, "a dict, name → weight")
        wanted = RIGHT(state, kept)
        if got != wanted:
            look = explanation(CUT_SLIPS, answers) or _look_at_weights(got, state, wanted)
            KEPT.fail(f"for kept = {kept}: {_shown(wanted, got)}", _shown(got, wanted), look)
    KEPT.passed("Surgery by name: nothing is computed, and a smaller model is there.")


def _known(rng: Random) -> list[tuple[State, list[int]]]:
    """Return what is asked in every run: more than ten layers, another order, all layers, only one."""
    return [
        (_state(rng, 12), [1, 2, 11]),
        (_state(rng, 12), [0, 10]),
        (_state(rng, 6), [4, 0, 2]),
        (_state(rng, 3), [0, 1, 2]),
        (_state(rng, 4), [3]),
    ]


def _drawn(rng: Random) -> tuple[State, list[int]]:
    layers = rng.randint(4, 14)
    return _state(rng, layers), sorted(rng.sample(range(layers), rng.randint(2, layers - 1)))


def _state(rng: Random, layers: int) -> State:
    names = [f"encoder.layer.{n}.{part}" for n in range(layers) for part in PARTS]
    return {name: round(rng.uniform(-1, 1), 3) for name in [*OUTSIDE, *names]}


def _layers(state: State) -> int:
    return 1 + max(int(match[1]) for name in state if (match := NAME.fullmatch(name)))


def _shown(weights: State, other: State) -> str:
    """Return up to three items that `other` lacks or has otherwise."""
    items = [f"{name}: {value}" for name, value in weights.items() if other.get(name) != value]
    return f"{len(weights)} weights" + (f", among them {'; '.join(items[:3])}" if items else "")


def _look_at_weights(got: State, state: State, wanted: State) -> str:
    if set(got) == set(wanted):
        return "which layer each weight comes from"
    if any(name.count("encoder.layer.") > 1 or name not in {**state, **wanted} for name in got):
        return "the names: `encoder.layer.`, the new number, and the rest as it was"
    return "the names, one by one: those of dropped layers go, the others stay"


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

    def __call__(self, kept: Iterable[int]) -> np.ndarray:
        """Return unit vectors (texts, d) of the layers `kept`. Raises ValueError for others."""
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


IMPORTANCE_SLIPS: Mapping[str, Callable[..., object]] = {
    "1 − cosine: a layer without which nothing changes has importance 0": _slip(
        loss=lambda a, b: (a * b).sum(1).mean()
    ),
    "the mean over the texts of a sum over the numbers of a vector": _slip(
        loss=lambda a, b: 1 - (a * b).mean()
    ),
    "the mean over the texts, not their sum": _slip(loss=lambda a, b: (1 - (a * b).sum(1)).sum()),
    "all texts: you return what the first one loses": _slip(loss=lambda a, b: 1 - a[0] @ b[0]),
    "the cosine: of unit vectors it is the sum of products, not a distance": _slip(
        loss=lambda a, b: np.linalg.norm(a - b, axis=1).mean()
    ),
    "what you leave out: one layer, and all others stay": _slip(kept=lambda n, layer: [layer]),
    "the layer that was left out before: it comes back": _slip(
        kept=lambda n, layer: list(range(layer + 1, n))
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
