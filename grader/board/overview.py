"""An instructor's overview of a class: progress, undecided marks, common mistakes and latencies.

Points come from the gradebook, which is authoritative; verdicts and times come from the grading records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from grader.board import names
from grader.board.exercise_figures import Exercise, exercises, unreadable
from grader.board.guesses import Guess, guesses
from grader.board.wrong_answers import Mistake, mistakes
from grader.course import gradebook
from grader.course.course import Course
from grader.course.records import Record, read
from grader.grading.report import Mark, Report
from harness.measure.stats import Proportion


class Status(StrEnum):
    """A learner's progress in a lab."""

    NOTHING = "–"
    HANDED_IN = "handed in"
    GRADED = "graded"
    OPEN = "open"  # some points have no verdict yet, or a person has to give them
    WAITS = "waits"  # graded, but not in the gradebook yet


@dataclass(frozen=True, slots=True)
class Standing:
    """One learner's standing in one lab.

    `late` is the penalty in points, `late_s` the time after the deadline in seconds. jailed: False if the
    submission was graded with `--no-jail`.
    """

    status: Status = Status.NOTHING
    points: float = 0.0
    out_of: float = 0.0
    late: float = 0.0
    late_s: float = 0.0
    jailed: bool = True


@dataclass(frozen=True, slots=True)
class Queued:
    """An undecided mark. It costs no points, and waits for a quiet machine."""

    student: str
    lab: str
    reason: str


@dataclass(frozen=True, slots=True)
class Speed:
    """A learner's result in a timed lab.

    ms, yardstick_ms: end-to-end p50 at the client. n: number of timed pairs. right: right answers.
    """

    student: str
    lab: str
    ms: float
    yardstick_ms: float
    n: int
    right: Proportion | None


@dataclass(frozen=True, slots=True)
class Board:
    """The state of a class: `standings` by learner, then by lab; `verdicts` count outcomes by lab.

    `unreadable` has (learner, lab, why) of files that are no notebook of their lab; no mistake counts them.
    """

    labs: tuple[str, ...]
    standings: Mapping[str, Mapping[str, Standing]]
    queue: tuple[Queued, ...]
    mistakes: tuple[Mistake, ...]
    speeds: tuple[Speed, ...]
    verdicts: Mapping[str, Mapping[str, int]]
    unreadable: tuple[tuple[str, str, str], ...] = ()
    exercises: tuple[Exercise, ...] = ()
    guesses: tuple[Guess, ...] = ()


Records = Mapping[tuple[str, str], Record]  # by (learner, lab)


def board(course: Course) -> Board:
    """Return the current state of the class. Raises LockedError."""
    shown = names.shown(course)
    submissions = {(shown(one.student), one.lab): one for one in course.submissions()}
    records = {
        key: record
        for key, one in submissions.items()
        if (record := read(course.record(one.student, one.lab)))
    }
    readable = {key: one for key, one in records.items() if not unreadable(one.report)}
    totals = {(shown(name), lab): one for (name, lab), one in gradebook.totals(course).items()}
    students = {student for student, _ in [*submissions, *totals]}
    students |= set(map(shown, gradebook.students(course)))
    standings = {name: {lab: Standing() for lab in course.labs} for name in sorted(students)}
    for student, lab in submissions:
        key = student, lab
        standings[student][lab] = _standing(records.get(key), totals.get(key))
    return Board(
        labs=course.labs,
        standings=standings,
        queue=tuple(_queue(records)),
        mistakes=tuple(mistakes(course, submissions, readable)),
        speeds=tuple(_speeds(records)),
        verdicts=_verdicts(readable),
        unreadable=tuple(
            (*key, unreadable(record.report))
            for key, record in records.items()
            if key not in readable
        ),
        exercises=tuple(exercises(record.report for record in readable.values())),
        guesses=tuple(guesses(course, submissions)),
    )


def reports(course: Course) -> dict[str, list[Report]]:
    """Return each learner's reports, in the order of the labs, by the name that the board shows."""
    shown = names.shown(course)
    found: defaultdict[str, list[Report]] = defaultdict(list)
    for one in course.submissions():
        if record := read(course.record(one.student, one.lab)):
            found[shown(one.student)].append(record.report)
    return dict(found)


def _standing(record: Record | None, total: gradebook.Total | None) -> Standing:
    if total is None or (record is None and total.open):
        return Standing(Status.HANDED_IN)
    status = Status.OPEN if total.open else Status.GRADED
    status = Status.WAITS if record and not record.entered else status
    jailed = not (record and record.report.no_jail)
    return Standing(status, total.points, total.out_of, total.late, total.late_s, jailed)


def _marks(records: Records) -> Iterator[tuple[str, str, Mark]]:
    """Yield (learner, lab, mark) of all records."""
    for (student, lab), record in records.items():
        for mark in record.report.marks:
            yield student, lab, mark


def _queue(records: Records) -> Iterator[Queued]:
    for student, lab, mark in _marks(records):
        if mark.queued:
            yield Queued(student, lab, mark.reason)


def _speeds(records: Records) -> Iterator[Speed]:
    for student, lab, mark in _marks(records):
        if mark.pairs:
            learner, yardstick = zip(*mark.pairs, strict=True)
            right = Proportion(*mark.right) if mark.right else None
            yield Speed(student, lab, median(learner), median(yardstick), len(learner), right)


def _verdicts(records: Records) -> Mapping[str, Mapping[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, lab, mark in _marks(records):
        counts[lab][str(mark.outcome)] += 1
    return {lab: dict(counter) for lab, counter in sorted(counts.items())}
