"""Marks in nbgrader's gradebook: old ones taken out before a run, new ones put in all at once.

A score that is not there is `None`, which nbgrader shows as "needs manual grading": never a zero, never
what the last run gave. What a person entered by hand is not touched.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.api import Grade, Gradebook, InvalidEntry, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError, SAWarning

from grader.course.course import Course
from grader.grading.report import Report
from harness.errors import PlainError

MOST_CHARS = 1000  # of a time or a secret; a learner may put anything there
TIMEOUT_S = 10  # for somebody else's transaction: nbgrader's take milliseconds
STAMP = "timestamp.txt"  # beside a notebook that came through nbgrader's exchange
BESIDE = (STAMP, "submission_secret.txt")  # by which it gives feedback back to that learner alone


class LockedError(PlainError):
    """Somebody else holds the gradebook; nothing was written."""


class StaleError(PlainError):
    """The gradebook knows another version of the lab."""


def register(course: Course, name: str) -> None:
    """Tell the gradebook about a lab, as `nbgrader generate_assignment` does.

    Raises StaleError, LockedError.
    """
    released = course.released(name)
    (course.root / "records").mkdir(exist_ok=True)
    with FileLock(course.root / "records" / ".register.lock"):  # nbgrader does it in many steps
        if not _known(course, name, _points(released)):
            _saved(course, name, released)


def _known(course: Course, name: str, points: Mapping[str, float]) -> bool:
    """True when the gradebook has this very lab; otherwise it has its name now."""
    with opened(course) as book:
        try:
            cells = book.find_notebook(name, name).grade_cells
        except MissingEntry:
            cells = []
        if {cell.name: cell.max_score for cell in cells} == points:
            return True
        book.update_or_create_assignment(name)
        return False


def _saved(course: Course, name: str, released: NotebookNode) -> None:
    resources = {"nbgrader": {"notebook": name, "assignment": name, "db_url": course.database}}
    try:
        with _told(), _unwarned():
            SaveCells().preprocess(released, resources)
    except RuntimeError as error:  # it has submissions of the other version
        raise StaleError(
            f"The gradebook has marks for another version of {name}: "
            "keep a copy of gradebook.db, and grade this version in a course of its own."
        ) from error


def expire(course: Course, student: str, name: str) -> None:
    """Take out what earlier runs gave: whatever happens next, it will not be an old score.

    Raises LockedError.
    """
    with opened(course) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(name, student, **_stamp(course, student, name))
        for grade in _grades(book, student, name):
            grade.auto_score, grade.needs_manual_grade = None, True
        book.db.commit()


def save(course: Course, student: str, report: Report) -> None:
    """Put in all marks of a report in one transaction. `expire` came before. Raises LockedError."""
    points = {mark.id: mark.points for mark in report.marks}
    with opened(course) as book:
        for grade in _grades(book, student, report.lab):
            score = points.get(grade.name)
            grade.auto_score = score
            grade.needs_manual_grade = score is None or grade.manual_score is not None
        book.db.commit()


def penalise(course: Course, student: str, name: str) -> None:
    """What the course takes off for being late, by its nbgrader plugin. Raises LockedError."""
    ours = {"notebook": name, "assignment": name, "student": student, "db_url": course.database}
    with _told(), _unwarned():
        late = AssignLatePenalties(config=course.config)
        late.preprocess(new_notebook(), {"nbgrader": ours})


@dataclass(frozen=True, slots=True)
class Entries:
    """What the gradebook has on one submission. scores: by grade id, None where there is none yet.

    comments: of a person, by the id of the cell. late: points taken off.
    """

    scores: Mapping[str, float | None]
    comments: Mapping[str, str]
    late: float = 0.0


def entries(course: Course, student: str, name: str) -> Entries:
    """What stands there now; points given by hand come first. Raises LockedError."""
    with opened(course) as book:
        notebook = book.find_submission_notebook(name, name, student)
        scores = {grade.name: _score(grade) for grade in notebook.grades}
        comments = {one.name: one.comment for one in notebook.comments if one.comment}
        return Entries(scores, comments, notebook.late_submission_penalty or 0.0)


@dataclass(frozen=True, slots=True)
class Total:
    """A submission in the gradebook. open: some points wait for a person or a verdict. late: taken off."""

    points: float
    out_of: float
    open: bool
    late: float
    late_s: float


def totals(course: Course) -> dict[tuple[str, str], Total]:
    """By learner and lab, what is to be exported: points less what being late costs. Raises LockedError."""
    with opened(course) as book:
        return {
            (one.student.id, one.assignment.name): Total(
                points=max(0.0, one.score - (one.late_submission_penalty or 0.0)),
                out_of=one.max_score,
                open=bool(one.needs_manual_grade),
                late=one.late_submission_penalty or 0.0,
                late_s=one.total_seconds_late or 0.0,
            )
            for assignment in book.assignments
            for one in book.assignment_submissions(assignment.name)
        }


def students(course: Course) -> set[str]:
    """Everybody whom the gradebook knows. Raises LockedError."""
    with opened(course) as book:
        return {one.id for one in book.students}


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook. Raises LockedError when somebody else does not let go of it."""
    _findable()
    database = _patient(course.database)
    with _told(), _unwarned(), Gradebook(database, course.directory.course_id) as book:
        yield book


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InvalidEntry) as error:  # nbgrader makes the one of the other
        raise LockedError(
            "The gradebook is locked by another program, or cannot be written: "
            "close what uses gradebook.db and run the same command again."
        ) from error


@contextmanager
def _unwarned() -> Iterator[None]:
    """nbgrader builds its rows in an order that SQLAlchemy 2 remarks on, and that is right."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


def _findable() -> None:
    """nbgrader calls `alembic` by name, which stands beside our Python whether or not that is on the path."""
    if shutil.which("alembic") is None:
        beside = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", "")])


def _patient(database: str) -> str:
    return f"{database}?timeout={TIMEOUT_S}" if database.startswith("sqlite:///") else database


def _points(released: NotebookNode) -> dict[str, float]:
    every = (cell.metadata.get("nbgrader", {}) for cell in released.cells)
    return {one["grade_id"]: float(one["points"]) for one in every if one.get("grade")}


def _grades(book: Gradebook, student: str, name: str) -> list[Grade]:
    return list(book.find_submission_notebook(name, name, student).grades)


def stamped(course: Course, student: str, name: str) -> str:
    """What nbgrader's exchange wrote about when it was handed in, or ""."""
    try:
        return course.submitted(student, name).with_name(STAMP).read_text(errors="replace").strip()
    except OSError:
        return ""


def beside(course: Course, student: str, name: str) -> dict[str, str]:
    """What the exchange put beside a submission, by file name; `nbgrader release_feedback` asks for it."""
    folder, found = course.submitted(student, name).parent, {}
    for one in BESIDE:
        with suppress(OSError):
            found[one] = (folder / one).read_text(errors="replace")[:MOST_CHARS]
    return found


def _score(grade: Grade) -> float | None:
    return grade.auto_score if grade.manual_score is None else grade.manual_score


def _stamp(course: Course, student: str, name: str) -> dict[str, datetime]:
    try:
        return {"timestamp": parse_utc(stamped(course, student, name))}
    except (
        ValueError,
        OverflowError,
    ):  # "" when nobody knows; and a learner may write anything there
        return {}
