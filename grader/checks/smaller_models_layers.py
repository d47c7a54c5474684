"""The check of lab 03 on pruning: the weights of a model with fewer layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 12  # fresh models per check

KEPT = Exercise("03", 6, "kept_weights")

State = Mapping[str, float]
PARTS = (
    "attention.self.query.weight",
    "attention.output.dense.bias",
    "layer.0.scale",
    "output.dense.weight",
)
OUTSIDE = (
    "embeddings.word_embeddings.weight",
    "embeddings.LayerNorm.weight",  # its name has the word layer in it
    "encoder.norm.bias",
    "pooler.dense.weight",
    "pooler.4.weight",  # its number is not a layer's
)
NAME = re.compile(r"encoder\.layer\.(\d+)\.(.+)")
ANY_NUMBER = re.compile(r"(?:encoder\.layer|pooler)\.(\d+)\.(.+)")


# ---- exercise 6: the weights ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """A way to cut; the defaults are right."""

    renumber: bool = True
    in_order: bool = True
    outside: bool = True
    whole_number: bool = True
    start: int = 0
    layers_alone: bool = True

    def __call__(self, state: State, kept: Sequence[int]) -> dict[str, float]:
        order = list(kept) if self.in_order else sorted(kept)
        weights = {}
        for name, weight in state.items():
            if not (match := (NAME if self.layers_alone else ANY_NUMBER).fullmatch(name)):
                if self.outside:
                    weights[name] = weight
                continue
            number = int(match[1]) if self.whole_number else int(match[1][0])
            if number in order:
                new = self.start + order.index(number) if self.renumber else number
                weights[f"{name[: match.start(1)]}{new}.{match[2]}"] = weight
        return weights


RIGHT = Cut()
WHOLE_NUMBER = "the whole number: layer 1 is not layer 10"
CUT_SLIPS: Mapping[str, Callable[..., object]] = {
    "the numbers: the kept layers get 0, 1, 2 …, or the new model does not find them": Cut(
        renumber=False
    ),
    "the order of `kept`: the first of it becomes layer 0": Cut(in_order=False),
    "the weights outside of layers: embeddings and pooler stay": Cut(outside=False),
    WHOLE_NUMBER: Cut(whole_number=False),
    "the first number: the first of `kept` becomes layer 0, not 1": Cut(start=1),
    "the name before a number: only that after `encoder.layer.` is a layer's": Cut(
        layers_alone=False
    ),
    "the number in a name: it is text until int() makes it a number, and `kept` has numbers": (
        lambda state, kept: RIGHT(state, [])
    ),
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
    if any(re.match(r"encoder\.layer\.\d\d", name) for name in set(got) - set(wanted)):
        return WHOLE_NUMBER
    if set(got) == set(wanted):
        return "which layer each weight comes from"
    if any(name.count("encoder.layer.") > 1 or name not in {**state, **wanted} for name in got):
        return "the names: `encoder.layer.`, the new number, and the rest as it was"
    return "the names, one by one: those of dropped layers go, the others stay"
