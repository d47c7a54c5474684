"""The copying of loose notebooks, from a mailbox or a learning platform, into the course's folders."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.course.course import Course, CourseError, Submission
from grader.course.records import DiskError
from grader.grading.notebook import NotebookError, read

UNSAFE = re.compile(r"[^\w.@+-]+")  # in a learner's id, which becomes the name of a folder


def find_lab(course: Course, text: str) -> str:
    """Return the name of the lab with that number or name. Raises CourseError if there is none."""
    matches = [name for name in course.labs if name == text or name.split("-")[0] == text]
    if len(matches) != 1:
        raise CourseError(f"There is no lab {text}: choose from {', '.join(course.labs)}.")
    return matches[0]


def collect(course: Course, source: Path, lab: str = "") -> list[Submission]:
    """Copy each notebook in `source` to the folder where nbgrader looks for submissions.

    With lab = "", each notebook's own cells decide which lab it belongs to. The learner's id is the name
    of the file, or of its folder if the file is named after the lab.

    Raises CourseError if `source` does not exist, if a notebook belongs to no lab, or if two notebooks
    have the same learner and lab. Raises DiskError if a copy cannot be written.
    """
    if not source.exists():
        raise CourseError(f"{source} does not exist: name a notebook, or a folder of notebooks.")
    paths: dict[tuple[str, str], Path] = {}
    for path in sorted(_notebooks(source)):
        student, name = key = _learner(course, path), lab or _lab(course, path)
        if key in paths:
            raise CourseError(
                f"{paths[key]} and {path} are both submissions of {student} for {name}: keep one."
            )
        paths[key] = path
    return [_copy(course, path, *key) for key, path in paths.items()]


def _notebooks(source: Path) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    for path in source.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            yield path


def _learner(course: Course, path: Path) -> str:
    names = [path.stem, *(parent.name for parent in path.resolve().parents)]
    text = next((name for name in names if name not in course.labs), "")
    for lab in course.labs:  # alice_01-profile.ipynb
        text = text.removesuffix(lab).removeprefix(lab)
    return UNSAFE.sub("-", text).strip("-_. ") or "unknown"


def _lab(course: Course, path: Path) -> str:
    """Return the lab in the file's name, else the lab that shares the most cells with the notebook."""
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
        raise CourseError(
            f"{path.name} has no cell of any lab in this course: name the lab with --lab."
        )
    return best


def _copy(course: Course, path: Path, student: str, lab: str) -> Submission:
    target = course.submitted(student, lab)
    if path.resolve() != target.resolve():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # nbgrader makes submitted files read-only
            shutil.copyfile(path, target)
        except OSError as error:
            raise DiskError(f"{target} cannot be written ({error.strerror}).") from error
    return Submission(student, lab, target)
