"""Scores of the four dimensions: 1 little or nothing, 2 partial, 3 advance, 4 outstanding.

The core expectations decide first: with one of them missing, or with a standing misconception about one, a
dimension scores at most 2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.interview.scoring.findings import Finding, Level, Mistake
from harness.interview.scoring.rubric import DIMENSIONS, Expectation, Rubric

LIST_CREDIT = 0.25  # maximum credit of all names in all lists together


@dataclass(frozen=True, slots=True)
class Bar:
    """The credit that a dimension requires for each score.

    some: total credit for a 2. solid, more: credit beyond the core expectations for a 3 and for a 4.
    core: mean credit of the core expectations for a 3. named: True if mentions alone are enough for a 2.
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


def best(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the best finding of each expectation that is shown, by expectation id."""
    # From worst to best: the last entry of an expectation replaces the others.
    ranked = sorted((f for f in findings if f.level), key=lambda f: f.order, reverse=True)
    return {finding.expectation: finding for finding in ranked}


def scores(
    rubric: Rubric, shown: Mapping[str, Finding], mistakes: Sequence[Mistake]
) -> dict[str, int | None]:
    """Return the score of each dimension for an answer to the main question."""
    return {name: _score(rubric, name, shown, mistakes) for name in DIMENSIONS}


def follow_up_scores(
    rubric: Rubric,
    targets: Collection[str],
    shown: Mapping[str, Finding],
    mistakes: Sequence[Mistake],
) -> dict[str, int | None]:
    """Return the score of each dimension that a follow-up asks about; None for the others.

    targets: ids of the expectations that the follow-up asks about.
    """
    dimensions = {rubric.by_id[target].dimension for target in targets}
    return {
        name: _follow_up(rubric, name, targets, shown, mistakes) if name in dimensions else None
        for name in DIMENSIONS
    }


def capped(rubric: Rubric, dimension: str, mistakes: Sequence[Mistake]) -> bool:
    """Return True if a misconception about the core of a dimension was not taken back."""
    standing = {m.misconception for m in mistakes if not m.repaired}
    denied = {
        expectation
        for misconception in rubric.misconceptions
        if misconception.core and misconception.id in standing
        for expectation in misconception.denies
    }
    return any(rubric.by_id[name].dimension == dimension for name in denied)


def _score(
    rubric: Rubric, name: str, shown: Mapping[str, Finding], mistakes: Sequence[Mistake]
) -> int:
    bar, expectations = BARS[name], rubric.in_dimension(name)
    if not _reaches_two(bar, expectations, shown):
        return 1
    core = [_credit(e, shown) for e in expectations if e.tier == "core"]
    solid = sum(_credit(e, shown) for e in expectations if e.tier == "solid")
    beyond = sum(_credit(e, shown) for e in expectations if e.tier == "outstanding")
    complete = min(core) > 0 and sum(core) / len(core) >= bar.core
    if not complete or solid + beyond < bar.solid or capped(rubric, name, mistakes):
        return 2
    return 4 if beyond >= Level.APPLIED.credit and solid + beyond >= bar.more else 3


def _reaches_two(
    bar: Bar, expectations: Sequence[Expectation], shown: Mapping[str, Finding]
) -> bool:
    findings = [shown[e.id] for e in expectations if e.id in shown]
    spoken = sum(f.level.credit for f in findings if not f.by_list)
    listed = min(LIST_CREDIT, sum(f.level.credit for f in findings if f.by_list))
    substance = bar.named or any(f.level >= Level.APPLIED for f in findings)
    return substance and spoken + listed >= bar.some


def _credit(expectation: Expectation, shown: Mapping[str, Finding]) -> float:
    finding = shown.get(expectation.id)
    return 0.0 if finding is None or finding.by_list else finding.level.credit


def _follow_up(
    rubric: Rubric,
    name: str,
    targets: Collection[str],
    shown: Mapping[str, Finding],
    mistakes: Sequence[Mistake],
) -> int:
    findings = [f for f in shown.values() if rubric.by_id[f.expectation].dimension == name]
    on_target = max((f.level for f in findings if f.expectation in targets), default=Level.ABSENT)
    wrong = any(not m.repaired for m in mistakes)
    if not findings or (wrong and on_target < Level.EXPLAINED):
        return 1
    enough = Level.EXPLAINED if name == "stack" else Level.APPLIED
    if on_target < enough or wrong:
        return 2
    explained = sum(f.level == Level.EXPLAINED for f in findings)
    return 4 if on_target == Level.EXPLAINED and explained >= 2 else 3
