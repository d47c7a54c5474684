"""Access to nbgrader's gradebook: old marks are deleted before a run, new ones entered in one transaction.

A missing score is `None`, which nbgrader shows as "needs manual grading". It is never a zero and never the
last run's score. Points and comments that a person entered are not changed.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

MAX_CHARS = 1000  # of a timestamp or secret file: a learner may write anything there
TIMEOUT_S = 10  # for another program's transaction; nbgrader's take milliseconds
TIMESTAMP = "timestamp.txt"  # nbgrader's exchange puts it beside a notebook
# With the secret file, nbgrader returns feedback to that learner only.
EXCHANGE_FILES = (TIMESTAMP, "submission_secret.txt")


class LockedError(PlainError):
    """Another program has locked the gradebook; nothing was written."""


class StaleError(PlainError):
    """The gradebook has marks for another version of the lab."""


def register(course: Course, name: str) -> None:
    """Add a lab to the gradebook, as `nbgrader generate_assignment` does.

    Raises StaleError if the gradebook has marks for another version of the lab, and LockedError.
    """
    released = course.released(name)
    (course.root / "records").mkdir(exist_ok=True)
    # A lock, because nbgrader needs several transactions.
    with FileLock(course.root / "records" / ".register.lock"):
        if not _is_registered(course, name, _points(released)):
            _save_cells(course, name, released)


def _is_registered(course: Course, name: str, points: Mapping[str, float]) -> bool:
    """Return True if the gradebook has this version of the lab; otherwise add the lab's name."""
    with opened(course) as book:
        try:
            cells = book.find_notebook(name, name).grade_cells
        except MissingEntry:
            cells = []
        if {cell.name: cell.max_score for cell in cells} == points:
            return True
        book.update_or_create_assignment(name)
        return False


def _save_cells(course: Course, name: str, released: NotebookNode) -> None:
    resources = {"nbgrader": {"notebook": name, "assignment": name, "db_url": course.database}}
    try:
        with _locked_errors(), _without_warnings():
            SaveCells().preprocess(released, resources)
    except RuntimeError as error:  # there are submissions of the other version
        raise StaleError(
            f"The gradebook has marks for another version of {name}: "
            "keep a copy of gradebook.db, and grade this version in a separate course."
        ) from error


def expire(course: Course, student: str, name: str) -> None:
    """Delete the automatic scores of earlier runs, so that no old score survives a failed run.

    Raises LockedError.
    """
    with opened(course) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(name, student, **_submitted_at(course, student, name))
        for grade in _grades(book, student, name):
            grade.auto_score, grade.needs_manual_grade = None, True
        book.db.commit()


def save(course: Course, student: str, report: Report) -> None:
    """Enter all marks of a report in one transaction; call `expire` first. Raises LockedError."""
    points = {mark.id: mark.points for mark in report.marks}
    with opened(course) as book:
        for grade in _grades(book, student, report.lab):
            score = points.get(grade.name)
            grade.auto_score = score
            grade.needs_manual_grade = score is None or grade.manual_score is not None
        book.db.commit()


def penalise(course: Course, student: str, name: str) -> None:
    """Enter the penalty for a late submission, from the course's nbgrader plugin. Raises LockedError."""
    values = {"notebook": name, "assignment": name, "student": student, "db_url": course.database}
    with _locked_errors(), _without_warnings():
        penalties = AssignLatePenalties(config=course.config)
        penalties.preprocess(new_notebook(), {"nbgrader": values})


@dataclass(frozen=True, slots=True)
class Entries:
    """One submission's entries in the gradebook.

    `scores` are by grade id, None where there is no score yet; `comments` of a person, by cell id; `late`
    is the penalty in points.
    """

    scores: Mapping[str, float | None]
    comments: Mapping[str, str]
    late: float = 0.0


def entries(course: Course, student: str, name: str) -> Entries:
    """Return the current entries; manual points take precedence. Raises LockedError."""
    with opened(course) as book:
        notebook = book.find_submission_notebook(name, name, student)
        scores = {grade.name: _score(grade) for grade in notebook.grades}
        comments = {entry.name: entry.comment for entry in notebook.comments if entry.comment}
        return Entries(scores, comments, notebook.late_submission_penalty or 0.0)


@dataclass(frozen=True, slots=True)
class Total:
    """A submission's total in the gradebook.

    `open` is True while some points wait for a person or a verdict. `late` is the penalty in points,
    already subtracted from `points`; `late_s` is the time after the deadline in seconds.
    """

    points: float
    out_of: float
    open: bool
    late: float
    late_s: float


def totals(course: Course) -> dict[tuple[str, str], Total]:
    """Return the totals by (learner, lab), less late penalties. Raises LockedError."""
    with opened(course) as book:
        return {
            (row.student.id, row.assignment.name): Total(
                points=max(0.0, row.score - (row.late_submission_penalty or 0.0)),
                out_of=row.max_score,
                open=bool(row.needs_manual_grade),
                late=row.late_submission_penalty or 0.0,
                late_s=row.total_seconds_late or 0.0,
            )
            for assignment in book.assignments
            for row in book.assignment_submissions(assignment.name)
        }


def students(course: Course) -> set[str]:
    """Return the ids of all learners in the gradebook. Raises LockedError."""
    with opened(course) as book:
        return {student.id for student in book.students}


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook. Raises LockedError if another program holds it for more than TIMEOUT_S."""
    _put_alembic_on_path()
    url = course.database
    url += f"?timeout={TIMEOUT_S}" if url.startswith("sqlite:///") else ""
    with (
        _locked_errors(),
        _without_warnings(),
        Gradebook(url, course.directory.course_id) as book,
    ):
        yield book


@contextmanager
def _locked_errors() -> Iterator[None]:
    try:
        yield
    # nbgrader turns some OperationalErrors into InvalidEntry.
    except (OperationalError, InvalidEntry) as error:
        raise LockedError(
            "The gradebook is locked by another program, or cannot be written: "
            "close the programs that use gradebook.db and run the same command again."
        ) from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Silence SQLAlchemy 2's warning about nbgrader's order of building rows, which is correct."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


def _put_alembic_on_path() -> None:
    """Add this Python's folder to PATH: nbgrader calls `alembic`, which is installed there, by name."""
    if shutil.which("alembic") is None:
        folder = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])


def _points(released: NotebookNode) -> dict[str, float]:
    cells = (cell.metadata.get("nbgrader", {}) for cell in released.cells)
    return {data["grade_id"]: float(data["points"]) for data in cells if data.get("grade")}


def _grades(book: Gradebook, student: str, name: str) -> list[Grade]:
    return list(book.find_submission_notebook(name, name, student).grades)


def timestamp(course: Course, student: str, name: str) -> str:
    """Return the submission time that nbgrader's exchange wrote beside the notebook, or ""."""
    return exchange_files(course, student, name).get(TIMESTAMP, "").strip()


def exchange_files(course: Course, student: str, name: str) -> dict[str, str]:
    """Return the exchange's files beside a submission, by name; `nbgrader release_feedback` needs them."""
    found = {file: course.beside(student, name, file) for file in EXCHANGE_FILES}
    return {
        file: handed_in.content.decode(errors="replace")[:MAX_CHARS]
        for file, handed_in in found.items()
        if not handed_in.problem
    }


def _score(grade: Grade) -> float | None:
    return grade.auto_score if grade.manual_score is None else grade.manual_score


def _submitted_at(course: Course, student: str, name: str) -> dict[str, datetime]:
    try:
        return {"timestamp": parse_utc(timestamp(course, student, name))}
    except (ValueError, OverflowError):  # no timestamp, or a learner wrote something else there
        return {}
