"""How the class did in each exercise: how hard it was, and whether it tells strong learners from weak ones.

Both are the usual figures of item analysis. They are computed from verdicts with points, so that an open mark
changes nothing, and without files that are no notebook of the lab.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.grading.report import Report

# Fewer say nothing: among 10 learners, 95 % of the correlations of unrelated numbers are within +-0.63.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise's figures.

    n: learners with points. difficulty: mean share of the points, 0 to 1; a low one is hard. discrimination:
    correlation of an exercise's points with those in the rest of the lab, None if there are fewer than ENOUGH
    learners or if all have the same points.
    """

    lab: str
    grade: str
    n: int
    difficulty: float
    discrimination: float | None


def unreadable(report: Report) -> str:
    """Return why the file was no notebook of the lab, or "" if it was one."""
    reasons = {mark.reason for mark in report.marks}
    # A check names its exercise in the first line; such a file has the same sentence in every mark.
    if report.points or len(reasons) != 1 or next(iter(reasons)).startswith("Lab "):
        return ""
    return next(iter(reasons)) if report.complete else ""


def exercises(reports: Iterable[Report]) -> Iterator[Exercise]:
    """Yield the figures of each exercise, by lab, in the lab's order."""
    readable = [report for report in reports if not unreadable(report)]
    for lab in sorted({report.lab for report in readable}):
        of_lab = [report for report in readable if report.lab == lab]
        for grade in dict.fromkeys(mark.id for report in of_lab for mark in report.marks):
            if pairs := list(_pairs(of_lab, grade)):
                yield _exercise(lab, grade, pairs)


def _pairs(reports: Sequence[Report], grade: str) -> Iterator[tuple[float, float]]:
    """Yield (share of the exercise's points, points in the rest of the lab) of each complete report."""
    for report in reports:
        mark = next((mark for mark in report.marks if mark.id == grade), None)
        if mark and report.complete and mark.out_of:
            yield mark.points / mark.out_of, report.points - mark.points


def _exercise(lab: str, grade: str, pairs: Sequence[tuple[float, float]]) -> Exercise:
    shares, rests = np.array(pairs).T
    discrimination = None
    if len(pairs) >= ENOUGH and shares.std() and rests.std():
        discrimination = float(np.corrcoef(shares, rests)[0, 1])
    return Exercise(lab, grade, len(pairs), float(shares.mean()), discrimination)
