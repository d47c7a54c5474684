"""What an instructor sees of a class: who is where, what is open, what goes wrong most, how fast they are.

Points come from the gradebook, which is the truth; verdicts and times from the records of grading.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from grader.course import gradebook, records
from grader.course.course import Course
from grader.grading.report import Mark, Outcome, Report
from harness.measure.latency.stats import Proportion

MOST_MISTAKES = 12  # more than anybody reads aloud
LOOK = re.compile(r"^  look at +(.*(?:\n {12}.*)*)", re.MULTILINE)  # of `grader.exercise.exercise`


class Status(StrEnum):
    """How far a learner is with a lab."""

    NOTHING = "–"
    HANDED_IN = "handed in"
    GRADED = "graded"
    OPEN = "open"  # points without a verdict, or a person's to give
    WAITS = "waits"  # graded, and not in the gradebook yet


@dataclass(frozen=True, slots=True)
class Standing:
    """One learner in one lab. late: points taken off. late_s: seconds after the deadline."""

    place: Status = Status.NOTHING
    points: float = 0.0
    out_of: float = 0.0
    late: float = 0.0
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Queued:
    """Undecided beside other programs; it costs nothing until a quiet machine has timed it."""

    student: str
    lab: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a check told several learners: which check, where to look, whom."""

    lab: str
    grade: str
    look: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """A learner's assistant in a timed lab: end-to-end p50 in ms at the client, right answers of all."""

    student: str
    lab: str
    ms: float
    yardstick_ms: float
    n: int
    right: Proportion | None


@dataclass(frozen=True, slots=True)
class Board:
    """A class at one moment. standings: by learner, then by lab."""

    labs: tuple[str, ...]
    standings: Mapping[str, Mapping[str, Standing]]
    queue: tuple[Queued, ...]
    mistakes: tuple[Mistake, ...]
    speeds: tuple[Speed, ...]
    verdicts: Mapping[str, Mapping[str, int]]


def board(course: Course) -> Board:
    """The class now. Raises LockedError."""
    reports = dict(_reports(course))
    handed_in = [(work.student, work.lab) for work in course.works()]
    booked = gradebook.totals(course)
    students = sorted(
        {student for student, _ in [*handed_in, *booked]} | gradebook.students(course)
    )
    standings = {s: {lab: Standing() for lab in course.labs} for s in students}
    for key in handed_in:
        standings[key[0]][key[1]] = _standing(reports.get(key), booked.get(key))
    return Board(
        labs=course.labs,
        standings=standings,
        queue=tuple(_queue(reports)),
        mistakes=tuple(_mistakes(reports)),
        speeds=tuple(_speeds(reports)),
        verdicts=_verdicts(reports),
    )


Reports = Mapping[tuple[str, str], records.Record]


def _reports(course: Course) -> Iterator[tuple[tuple[str, str], records.Record]]:
    for work in course.works():
        if record := records.read(course.record(work.student, work.lab)):
            yield (work.student, work.lab), record


def _standing(record: records.Record | None, total: gradebook.Total | None) -> Standing:
    if total is None or (record is None and total.open):
        return Standing(Status.HANDED_IN)
    place = Status.OPEN if total.open else Status.GRADED
    place = Status.WAITS if record and not record.entered else place
    return Standing(place, total.points, total.out_of, total.late, total.late_s)


def _queue(reports: Reports) -> Iterator[Queued]:
    for (student, lab), record in reports.items():
        for mark in record.report.marks:
            if mark.queued:
                yield Queued(student, lab, mark.reason)


def _mistakes(reports: Reports) -> Iterable[Mistake]:
    """The most common first; a check that nobody has begun is no mistake."""
    found: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (student, lab), record in reports.items():
        for mark in record.report.marks:
            if mark.outcome in (Outcome.FAILED, Outcome.PARTLY) and (look := where(mark)):
                found[lab, mark.id, look].append(student)
    every = (Mistake(*key, tuple(students)) for key, students in found.items())
    return sorted(every, key=lambda one: (-len(one.students), one.lab, one.grade))[:MOST_MISTAKES]


def where(mark: Mark) -> str:
    """Where a check told them to look; "" for an exercise that is still empty."""
    if "still empty" in mark.reason or "nobody has written it yet" in mark.reason:
        return ""
    found = LOOK.search(mark.reason)
    text = found[1] if found else mark.reason.splitlines()[0] if mark.reason else ""
    return " ".join(re.sub(r"line \d+ of your cell: .*", "a line of their own", text).split())


def _speeds(reports: Reports) -> Iterator[Speed]:
    for (student, lab), record in reports.items():
        for mark in record.report.marks:
            if mark.pairs:
                ours, theirs = zip(*mark.pairs, strict=True)
                right = Proportion(*mark.right) if mark.right else None
                yield Speed(student, lab, median(ours), median(theirs), len(ours), right)


def _verdicts(reports: Reports) -> Mapping[str, Mapping[str, int]]:
    """How many marks of each kind, by lab."""
    found: dict[str, Counter[str]] = {}
    for (_, lab), record in reports.items():
        found.setdefault(lab, Counter()).update(_outcomes(record.report))
    return {lab: dict(counts) for lab, counts in sorted(found.items())}


def _outcomes(report: Report) -> Iterator[str]:
    return (str(mark.outcome) for mark in report.marks)
