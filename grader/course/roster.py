"""The roster of a class: a CSV file with a learner in each line, as a learning platform exports it.

Only `login` is required: the learner's name in submissions, gradebook and accounts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.course import is_id
from harness.errors import WrongUseError

FILE = "roster.csv"  # in the course's folder
COLUMNS = ("login", "name", "email", "section")
EXTENSION = "extension_hours"  # of every deadline, for this learner
LONGEST_EXTENSION = 366 * 24.0  # hours
# Accounts of a workshop and of its machine. A learner with one of these names would have its rights.
RESERVED = frozenset({"instructor", "hub", "board", "admin", "root", "nobody"})


@dataclass(frozen=True, slots=True)
class Learner:
    """A line of the roster; "" for what the file does not say."""

    login: str
    name: str = ""
    email: str = ""
    section: str = ""
    extension_hours: float = 0.0


def read(path: Path) -> list[Learner]:
    """Return the learners of a roster, in order. Raises WrongUseError if the file or a line is not valid."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel writes a byte-order mark
            return list(_learners(csv.DictReader(file), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongUseError(f"{path} cannot be read as CSV in UTF-8 ({error}).") from error


def of_course(folder: Path) -> dict[str, Learner]:
    """Return the course's roster by login; empty if it has none. Raises WrongUseError."""
    path = folder / FILE
    return {learner.login: learner for learner in read(path)} if path.exists() else {}


def _learners(rows: csv.DictReader, path: Path) -> Iterator[Learner]:
    fields = {name.strip().lower(): name for name in rows.fieldnames or ()}
    if "login" not in fields:
        raise WrongUseError(
            f"{path} has no column login: its first line must name the columns {', '.join(COLUMNS)}."
        )
    seen: set[str] = set()
    for row in rows:
        values = {key: (row.get(fields.get(key)) or "").strip() for key in COLUMNS}
        login = values["login"]
        if problem := _problem(login, seen):
            raise WrongUseError(f"{path}, line {rows.line_num}: {login!r} {problem}.")
        seen.add(login)
        hours = (row.get(fields.get(EXTENSION)) or "").strip() or "0"
        extension = _hours(hours)
        if extension is None:
            raise WrongUseError(
                f"{path}, line {rows.line_num}: {EXTENSION} must be a number of hours from 0 to "
                f"{LONGEST_EXTENSION:.0f}, not {hours!r}."
            )
        yield Learner(**values, extension_hours=extension)


def _problem(login: str, seen: set[str]) -> str:
    if not is_id(login):
        return "cannot be a login"
    if login.lower() in RESERVED:
        return "is reserved: give this learner another login"
    return "is there twice" if login in seen else ""


def _hours(text: str) -> float | None:
    """Return a valid extension, or None."""
    try:
        hours = float(text)
    except ValueError:
        return None
    return hours if 0 <= hours <= LONGEST_EXTENSION else None  # NaN is not, either
