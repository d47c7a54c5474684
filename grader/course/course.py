"""A course in nbgrader's layout: its folders, its settings and its submissions."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from grader.course.handed_in import HandedIn, handed_in
from grader.grading.lab import Lab, lab
from harness.errors import WrongUseError

CONFIG = "nbgrader_config.py"
# A learner's id. Formgrader writes it into its pages as it is, so it has no markup, quote or backslash.
STUDENT = re.compile(r"[\w.@+,'() -]+")
LONGEST_ID = 100  # bytes; a file's name has 255 at most, and holds more than the id
log = logging.getLogger(__name__)


class CourseError(WrongUseError):
    """There is no course, or the lab is not in it. The message says what to run."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One learner's file for one lab. `path` need not exist, and need not be a notebook.

    `remark` says which of several files it is, or "".
    """

    student: str
    lab: str
    path: Path
    remark: str = ""


@dataclass(frozen=True)
class Course:
    """The folders and settings of a course."""

    directory: CourseDirectory
    config: Config

    @property
    def root(self) -> Path:
        """Return the course's folder, which contains all the others."""
        return Path(self.directory.root)

    @property
    def database(self) -> str:
        """Return the gradebook's SQLAlchemy URL."""
        return self.directory.db_url

    def folder(self, step: str, student: str, name: str) -> Path:
        """Return nbgrader's folder for a lab at a step such as "submitted"."""
        return Path(self.directory.format_path(step, student, name))

    def submitted(self, student: str, name: str) -> Path:
        """Return the path of the learner's notebook."""
        return self.folder(self.directory.submitted_directory, student, name) / f"{name}.ipynb"

    def handed_in(self, submission: Submission) -> HandedIn:
        """Return what a learner handed in."""
        return self.beside(submission.student, submission.lab, submission.path.name)

    def beside(self, student: str, name: str, file: str) -> HandedIn:
        """Return the content of a file beside a learner's notebook."""
        path, within = self.submitted(student, name).with_name(file), self._submitted_root
        return handed_in(path, within)

    @property
    def _submitted_root(self) -> Path:
        """Return the folder in which everything may be a learner's; the instructor may link it elsewhere."""
        folder = self.root / self.directory.submitted_directory
        return folder if folder.is_dir() else self.root

    def autograded(self, student: str, name: str) -> Path:
        """Return the path of the graded notebook, which formgrader shows."""
        return self.folder(self.directory.autograded_directory, student, name) / f"{name}.ipynb"

    def feedback(self, student: str, name: str) -> Path:
        """Return the path of the learner's feedback page."""
        return self.folder(self.directory.feedback_directory, student, name) / f"{name}.html"

    def record(self, student: str, name: str) -> Path:
        """Return the path of the full grading record. Submitted files are never copied to its folder."""
        return self.root / "records" / name / f"{student}.json"

    def released(self, name: str) -> NotebookNode:
        """Return the released lab. Raises CourseError if there is none."""
        path = self.folder(self.directory.release_directory, ".", name) / f"{name}.ipynb"
        try:
            return nbformat.read(path, as_version=4)
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise CourseError(
                f"There is no lab {name} in {path.parent.parent}: "
                f"run `nbgrader generate_assignment {name}`."
            ) from error

    def solution(self, name: str) -> Path:
        """Return the path of a lab's solution, which a course may keep elsewhere."""
        return self.folder(self.directory.source_directory, ".", name) / f"{name}.ipynb"

    def lab(self, name: str) -> Lab:
        """Return the released lab's grade cells. Raises CourseError or LabError."""
        return lab(name, self.released(name))

    @cached_property
    def labs(self) -> tuple[str, ...]:
        """Return the names of the released labs, sorted."""
        folder = self.folder(self.directory.release_directory, ".", "x").parent
        paths = folder.glob("*/*.ipynb")
        return tuple(sorted(path.stem for path in paths if path.stem == path.parent.name))

    def submissions(self) -> list[Submission]:
        """Return all submissions, by lab, then by learner."""
        return [
            Submission(student, name, self.submitted(student, name))
            for name in self.labs
            for student in sorted(self._students(name))
            if is_id(student)
        ]

    def left_out(self) -> list[str]:
        """Return a sentence for each folder of `submitted` whose name cannot be a learner's id."""
        students = {student for name in self.labs for student in self._students(name)}
        return [
            f"The folder {student!r} is not graded: rename it to the learner's id, which has letters, "
            "digits, spaces and .@+,'()_- only, in 100 bytes at most."
            for student in sorted(students)
            if not is_id(student)
        ]

    def student(self, folder: Path) -> str:
        """Return the learner to whom a folder in `submitted` belongs; "" for any other folder."""
        step = self.directory.submitted_directory
        pattern = self.directory.format_path(
            step, "(?P<student>.*)", re.escape(folder.name), escape=True
        )
        match = re.fullmatch(pattern, str(folder))
        return match["student"] if match else ""

    def _students(self, name: str) -> list[str]:
        pattern = self.folder(self.directory.submitted_directory, "*", name)
        folders = self.root.glob(str(pattern.relative_to(self.root)))
        return [self.student(folder) for folder in folders if folder.is_dir()]


def is_id(text: str) -> bool:
    """Return True if `text` can be a learner's id."""
    return STUDENT.fullmatch(text) is not None and len(text.encode()) <= LONGEST_ID


def load_course(root: Path) -> Course:
    """Return the course in the folder `root`. Raises CourseError if there is none."""
    if not (root / CONFIG).is_file():
        raise CourseError(
            f"There is no {CONFIG} in {root}: run this in the folder of the course, "
            "for example in a copy of this repository."
        )
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.merge(Config({"CourseDirectory": {"root": str(root.resolve())}}))
    return Course(CourseDirectory(config=config, log=log), config)
