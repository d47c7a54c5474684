"""Exports of marks for a learning platform: a CSV table, or the assignments of Canvas.

A mark with open points is an empty field, never a zero, and a lab without a submission has no row. How a
platform counts a missing mark is its own rule.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbgrader.plugins import ExportPlugin

from grader.course import gradebook
from grader.course.course import Course
from harness.errors import PlainError

if TYPE_CHECKING:
    from pathlib import Path

    from canvasapi.course import Course as CanvasCourse
    from canvasapi.progress import Progress
    from nbgrader.api import Gradebook

COLUMNS = ("student", "lab", "points", "out_of", "late_penalty", "late_hours", "open")
# A spreadsheet evaluates a field that begins with one of these as a formula; Canvas reads it as text.
# Excel in Japanese and Chinese also reads the full-width forms, \uff1d \uff0b \uff0d \uff20, so.
SIGNS = "=+@-\uff1d\uff0b\uff20\uff0d"
FORMULA = (*SIGNS, "\t", "\r", "\n")
# One that separates fields by a semicolon or tab, as in many languages, finds such a beginning inside a name.
INNER_FORMULA = re.compile(rf"([;,\t\r\n][\s\"']*)(?=[{re.escape(SIGNS)}])")


class ExportError(PlainError):
    """Marks could not be exported; the message says which."""


@dataclass(frozen=True, slots=True)
class Row:
    """A learner's mark for a lab. `points` is None while some points are open; the penalty is in points."""

    student: str
    lab: str
    points: float | None
    out_of: float
    late_penalty: float
    late_hours: float

    def values(self) -> tuple[object, ...]:
        """Return the fields of COLUMNS."""
        points = "" if self.points is None else f"{self.points:g}"
        late = f"{self.late_penalty:g}", f"{self.late_hours:.1f}"
        return (
            safe(self.student),
            self.lab,
            points,
            f"{self.out_of:g}",
            *late,
            int(self.points is None),
        )


def rows(course: Course) -> Iterator[Row]:
    """Yield all marks in the gradebook, by lab, then by learner. Raises LockedError."""
    totals = gradebook.totals(course)
    for (student, lab), total in sorted(totals.items(), key=lambda item: item[0][::-1]):
        points = None if total.open else total.points
        yield Row(student, lab, points, total.out_of, total.late, total.late_s / 3600)


def as_csv(course: Course, students: Iterable[str] = (), labs: Iterable[str] = ()) -> str:
    """Return the marks as CSV (RFC 4180), of these students and labs; () means all. Raises LockedError."""
    students, labs = set(students), set(labs)
    file = io.StringIO()
    table = csv.writer(file, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    table.writerows(
        row.values()
        for row in rows(course)
        if (not students or row.student in students) and (not labs or row.lab in labs)
    )
    return file.getvalue()


def safe(text: str) -> str:
    """Return a learner's name quoted so that a spreadsheet reads it as text."""
    text = INNER_FORMULA.sub(r"\1'", text)
    return f"'{text}" if text.startswith(FORMULA) else text


def for_canvas(course: Course, lab: str, users: Mapping[str, int]) -> dict[int, dict[str, Any]]:
    """Return the complete marks of a lab in Canvas's form: {user id: {"posted_grade": points}}.

    `users` maps learners to Canvas user ids. Raises ExportError if Canvas does not know a learner.
    """
    marks = [row for row in rows(course) if row.lab == lab and row.points is not None]
    if unknown := sorted({row.student for row in marks} - set(users)):
        raise ExportError(
            f"Canvas has no user with the login {', '.join(unknown)}: add them there, "
            "or export a table with `under500 board --csv`."
        )
    return {users[row.student]: {"posted_grade": f"{row.points:g}"} for row in marks}


def to_canvas(course: Course, lab: str, canvas: CanvasCourse, assignment: int) -> Progress:
    """Send a lab's complete marks to a Canvas assignment in one request; learners are matched by login.

    Raises ExportError if there is no complete mark, or if Canvas does not know a learner.
    """
    users = {user.login_id: user.id for user in canvas.get_users(enrollment_type=["student"])}
    marks = for_canvas(course, lab, users)
    if not marks:
        raise ExportError(f"There is no complete mark for {lab} yet: run `under500 grade` first.")
    return canvas.get_assignment(assignment).submissions_bulk_update(grade_data=marks)


class Table(ExportPlugin):
    """The same table for `nbgrader export`, whose own table shows open points and missing labs as zero."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to`, or to grades.csv."""
        from pathlib import Path

        from grader.course.course import load_course

        path: Path = Path(self.to or "grades.csv")
        text = as_csv(load_course(Path.cwd()), map(str, self.student), map(str, self.assignment))
        path.write_text(text, encoding="utf-8", newline="")
