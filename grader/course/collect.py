"""Loose notebooks, as they come out of a mailbox or a learning platform, into the course's folders."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.course.course import Course, CourseError, Work
from grader.course.records import DiskError
from grader.grading.notebook import NotebookError, read

UNSAFE = re.compile(r"[^\w.@+-]+")  # in a learner's id, which becomes the name of a folder


def named(course: Course, text: str) -> str:
    """The lab with that number or name. Raises CourseError."""
    found = [name for name in course.labs if name == text or name.split("-")[0] == text]
    if len(found) != 1:
        raise CourseError(f"There is no lab {text} here: choose from {', '.join(course.labs)}.")
    return found[0]


def collected(course: Course, source: Path, name: str = "") -> list[Work]:
    """Each notebook in `source` copied to where nbgrader looks for what a learner handed in.

    name: the lab; "" to find it out from each notebook. The learner is the file's name, or its folder's
    where the file is named after the lab. Raises CourseError, DiskError.
    """
    if not source.exists():
        raise CourseError(f"There is no {source}: name a notebook, or a folder of them.")
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(_notebooks(source)):
        whose = _learner(course, path), name or _lab(course, path)
        if whose in found:
            raise CourseError(
                f"{found[whose]} and {path} are both {whose[0]}'s for {whose[1]}: keep one of them."
            )
        found[whose] = path
    return [_copied(course, path, *whose) for whose, path in found.items()]


def _notebooks(source: Path) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    for path in source.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            yield path


def _learner(course: Course, path: Path) -> str:
    names = [path.stem, *(one.name for one in path.resolve().parents)]
    text = next((name for name in names if name not in course.labs), "")
    for lab in course.labs:  # alice_01-profile.ipynb
        text = text.removesuffix(lab).removeprefix(lab)
    return UNSAFE.sub("-", text).strip("-_. ") or "unknown"


def _lab(course: Course, path: Path) -> str:
    """The lab whose cells it has most of. Raises CourseError."""
    by_name = [lab for lab in course.labs if lab in path.stem]
    if by_name:
        return by_name[0]
    try:
        cells = read(path).cells
    except NotebookError as error:
        raise CourseError(f"{error} Name the lab with --lab.") from error
    ids = {cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") for cell in cells}
    shared = {lab: len(ids & course.lab(lab).ids) for lab in course.labs}
    best = max(shared, key=shared.__getitem__, default="")
    if not shared.get(best):
        raise CourseError(f"{path.name} is of no lab here: name the lab with --lab.")
    return best


def _copied(course: Course, path: Path, student: str, name: str) -> Work:
    to = course.submitted(student, name)
    if path.resolve() != to.resolve():
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.unlink(missing_ok=True)  # nbgrader makes them read-only
            shutil.copyfile(path, to)
        except OSError as error:
            raise DiskError(f"{to} cannot be written ({error.strerror}).") from error
    return Work(student, name, to)
