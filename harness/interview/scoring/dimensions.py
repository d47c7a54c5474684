"""Four scores from 1 to 4: 1 nothing to speak of, 2 in part, 3 advance, 4 outstanding.

The core decides first: without all of it, or with a misconception about it, a dimension is at most 2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.interview.scoring.findings import Finding, Level, Mistake
from harness.interview.scoring.rubric import DIMENSIONS, Expectation, Rubric

LIST_CREDIT = 0.25  # all names of all lists together


@dataclass(frozen=True, slots=True)
class Bar:
    """What a dimension asks for: credit in all for a 2; of the solid ones for a 3 and for a 4.

    named: names alone can make a 2. core: the mean credit over the core for a 3.
    """

    some: float
    solid: float
    more: float
    core: float = 0.7
    named: bool = False


BARS = {
    "systematic": Bar(some=0.7, solid=0.7, more=1.4),
    "stack": Bar(some=1.1, solid=1.0, more=2.4, core=0.6, named=True),
    "tradeoffs": Bar(some=0.7, solid=0.7, more=1.0),
    "stakeholders": Bar(some=0.7, solid=0.7, more=1.4),
}


def best(found: Iterable[Finding]) -> dict[str, Finding]:
    """The best finding of each expectation that is shown."""
    ranked = sorted((f for f in found if f.level), key=lambda f: f.order, reverse=True)
    return {finding.expectation: finding for finding in ranked}


def scores(
    rubric: Rubric, shown: Mapping[str, Finding], mistakes: Sequence[Mistake]
) -> dict[str, int | None]:
    """The score of each dimension for an answer to the main question."""
    return {name: _score(rubric, name, shown, mistakes) for name in DIMENSIONS}


def follow_up_scores(
    rubric: Rubric,
    asked: Collection[str],
    shown: Mapping[str, Finding],
    mistakes: Sequence[Mistake],
) -> dict[str, int | None]:
    """The score of each dimension that a follow-up asks about; None for the others."""
    dimensions = {rubric.by_id[one].dimension for one in asked}
    return {
        name: _follow_up(rubric, name, asked, shown, mistakes) if name in dimensions else None
        for name in DIMENSIONS
    }


def capped(rubric: Rubric, dimension: str, mistakes: Sequence[Mistake]) -> bool:
    """True when a misconception about the core of a dimension is left standing."""
    standing = {m.misconception for m in mistakes if not m.repaired}
    denied = {
        expectation
        for misconception in rubric.misconceptions
        if misconception.core and misconception.id in standing
        for expectation in misconception.denies
    }
    return any(rubric.by_id[one].dimension == dimension for one in denied)


def _score(
    rubric: Rubric, name: str, shown: Mapping[str, Finding], mistakes: Sequence[Mistake]
) -> int:
    bar, expectations = BARS[name], rubric.of(name)
    if not _some(bar, expectations, shown):
        return 1
    core = [_credit(e, shown) for e in expectations if e.tier == "core"]
    solid = sum(_credit(e, shown) for e in expectations if e.tier == "solid")
    beyond = sum(_credit(e, shown) for e in expectations if e.tier == "outstanding")
    complete = min(core) > 0 and sum(core) / len(core) >= bar.core
    if not complete or solid + beyond < bar.solid or capped(rubric, name, mistakes):
        return 2
    return 4 if beyond >= Level.APPLIED.credit and solid + beyond >= bar.more else 3


def _some(bar: Bar, expectations: Sequence[Expectation], shown: Mapping[str, Finding]) -> bool:
    own = [shown[e.id] for e in expectations if e.id in shown]
    spoken = sum(f.level.credit for f in own if not f.by_list)
    listed = min(LIST_CREDIT, sum(f.level.credit for f in own if f.by_list))
    substance = bar.named or any(f.level >= Level.APPLIED for f in own)
    return substance and spoken + listed >= bar.some


def _credit(expectation: Expectation, shown: Mapping[str, Finding]) -> float:
    finding = shown.get(expectation.id)
    return 0.0 if finding is None or finding.by_list else finding.level.credit


def _follow_up(
    rubric: Rubric,
    name: str,
    asked: Collection[str],
    shown: Mapping[str, Finding],
    mistakes: Sequence[Mistake],
) -> int:
    own = [f for f in shown.values() if rubric.by_id[f.expectation].dimension == name]
    wanted = max((f.level for f in own if f.expectation in asked), default=Level.ABSENT)
    wrong = any(not m.repaired for m in mistakes)
    if not own or (wrong and wanted < Level.EXPLAINED):
        return 1
    enough = Level.EXPLAINED if name == "stack" else Level.APPLIED
    if wanted < enough or wrong:
        return 2
    more = sum(f.level == Level.EXPLAINED for f in own)
    return 4 if wanted == Level.EXPLAINED and more >= 2 else 3
