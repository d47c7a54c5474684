"""The cost of checking drafts for many users at once, computed from the limits of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.model_files.roofline import Roof, pass_limit_ms

BYTES_A_WEIGHT = 2  # of 16 bits
CHECKED = (1, 2, 3, 5, 9)  # tokens of a user in one pass: drafts of up to eight


@dataclass(frozen=True, slots=True)
class Model:
    """A model with weights of 16 bits: parameters, and bytes of keys and values per token of context."""

    parameters: float
    kv_bytes: float


def batch_costs(
    roof: Roof, model: Model, users: int, context: int, checked: Sequence[int] = CHECKED
) -> dict[int, float]:
    """Return v(n): the least time of a pass that checks n tokens of each user, in passes with one.

    A pass reads the weights once, and the keys and values of `context` tokens of every user.
    """
    read = BYTES_A_WEIGHT * model.parameters + users * context * model.kv_bytes
    ms = {n: pass_limit_ms(roof, read, model.parameters, users * n) for n in (1, *checked)}
    return {n: ms[n] / ms[1] for n in checked}
