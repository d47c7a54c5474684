"""The techniques of the labs, as the budget page offers them: what each moves, how far, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from harness.measure.service.budget import Budget
from harness.measure.service.parts import CONNECTION

CONTENT = Path(__file__).with_suffix(".yaml")
EVERY = "every"  # a technique that moves all parts
KEPT = "kept"  # the technique of a kept connection


@dataclass(frozen=True, slots=True)
class Technique:
    """A change. moves: the kind of part; only_writing: of it, the time after the first text.

    factor: how many times as fast, and with measured=False an assumption. low, high, n: of a measurement.
    effect: "faster", or what else it does: "streams", "caches", "batches". after_share: see `budget.Change`.
    """

    id: str
    name: str
    moves: str
    factor: float
    costs: str
    lab: str
    effect: str = "faster"
    only_writing: bool = False
    result: str = ""  # name under which the lab keeps a learner's own factor
    measured: bool = False
    low: float | None = None
    high: float | None = None
    n: int | None = None
    after_share: float | None = None


@cache
def assumed() -> tuple[Technique, ...]:
    """Return the techniques with the factors of the content file, which nobody has measured here."""
    rows = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))
    return tuple(Technique(**row) for row in rows)


@dataclass(frozen=True, slots=True)
class Factor:
    """A learner's own measured factor."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


def techniques(budget: Budget, own: Mapping[tuple[str, str], Factor]) -> list[Technique]:
    """Return the techniques that move a part of this budget, with the learner's own factors.

    own: by lab and name of the result. A change that `bench` has measured comes first. A service whose
    requests found the connection open has nothing to gain from keeping it.
    """
    kinds = {part.kind for part in budget.parts} | {EVERY}
    opens = budget.course or any(part.name == CONNECTION for part in budget.parts)
    offered = [each for each in assumed() if each.moves in kinds and (opens or each.id != KEPT)]
    found = [_with_own(each, own) for each in offered]
    if budget.bench is None:
        return found
    made = Technique("bench", "the change that you compared", EVERY, 1.0, "see its quality", "")
    return [replace(made, measured=True, **asdict(budget.bench)), *found]


def _with_own(each: Technique, own: Mapping[tuple[str, str], Factor]) -> Technique:
    factor = own.get((each.lab, each.result)) if each.result else None
    if factor is None:
        return each
    more = {"low": factor.low, "high": factor.high, "n": factor.n}
    return replace(each, factor=factor.value, measured=True, **more)


def to_json(found: list[Technique]) -> list[dict[str, object]]:
    """Return plain types for the page."""
    return [asdict(each) for each in found]
