"""The fourth step of scoring for the answer to a follow-up: only what was asked about is scored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.interview.scoring.dimensions import Marks
from harness.interview.scoring.findings import Finding, Level, Mistake, best
from harness.interview.scoring.rubric import DIMENSIONS, Rubric
from harness.interview.scoring.shown import Evidence


def follow_up_marks(rubric: Rubric, targets: Collection[str], evidence: Evidence) -> Marks:
    """Return the score of each dimension that a follow-up asks about; None for the others.

    targets: ids of the expectations that the follow-up asks about.
    """
    dimensions = {rubric.by_id[target].dimension for target in targets}
    shown = best(evidence.findings)
    return Marks(
        {
            name: _follow_up(rubric, name, targets, shown, evidence.mistakes)
            if name in dimensions
            else None
            for name in DIMENSIONS
        }
    )


def _follow_up(
    rubric: Rubric,
    name: str,
    targets: Collection[str],
    shown: Mapping[str, Finding],
    mistakes: Iterable[Mistake],
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
