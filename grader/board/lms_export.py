"""Tables of marks in the columns that a learning platform imports: one line per learner, one column per lab.

Learners come from the course's roster, and from the gradebook those who are not in it. An open mark, or a lab
without a submission, is never a zero: it is what the platform reads as "no mark yet".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.board.marks_export import rows, safe
from grader.course import roster
from grader.course.course import Course
from grader.course.roster import Learner


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's table.

    `columns` are those before the labs, `values` a learner's fields in them. `no_mark` is what the platform
    reads as no mark. `points_possible` is the label of a second line with the maximum, or "" for none.
    """

    columns: tuple[str, ...]
    values: Callable[[Learner], tuple[str, ...]]
    no_mark: str = ""
    points_possible: str = ""


PLATFORMS: Mapping[str, Platform] = {
    # Canvas's importer finds learners by ID, then SIS User ID, then SIS Login ID, and wants the two SIS
    # columns beside each other; it finds an assignment by its title. An empty field means no grade.
    "canvas": Platform(
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
        lambda who: (who.name or who.login, "", "", who.login, who.section),
        points_possible="    Points Possible",
    ),
    # Moodle's importer: map "Username" or "Email address" to the user, each lab to a grade item. In a new
    # grade item it would read an empty field as a grade; "-" is no grade there and in an existing one.
    "moodle": Platform(
        ("Username", "Full name", "Email address", "Groups"),
        lambda who: (who.login, who.name, who.email, who.section),
        no_mark="-",
    ),
    # Gradescope's roster, which is matched by e-mail address; it documents no import of marks from elsewhere.
    "gradescope": Platform(
        ("Name", "SID", "Email", "Section"),
        lambda who: (who.name or who.login, who.login, who.email, who.section),
    ),
}


def as_csv(course: Course, platform: Platform) -> str:
    """Return the class's marks as CSV for a platform. Raises LockedError, WrongUseError."""
    marks = {(row.student, row.lab): row for row in rows(course)}
    known = roster.of_course(course.root)
    names = sorted({*known, *(student for student, _ in marks)})
    labs = sorted({lab for _, lab in marks})
    file = io.StringIO()
    table = csv.writer(file, quoting=csv.QUOTE_ALL)
    table.writerow((*platform.columns, *labs))
    if platform.points_possible:
        out_of = {row.lab: f"{row.out_of:g}" for row in marks.values()}
        empty = [""] * (len(platform.columns) - 1)
        table.writerow((platform.points_possible, *empty, *(out_of[lab] for lab in labs)))
    for name in names:
        points = [getattr(marks.get((name, lab)), "points", None) for lab in labs]
        fields = map(safe, platform.values(known.get(name) or Learner(name)))
        table.writerow((*fields, *(_field(mark, platform) for mark in points)))
    return file.getvalue()


def _field(points: float | None, platform: Platform) -> str:
    return platform.no_mark if points is None else f"{points:g}"
