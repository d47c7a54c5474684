"""A course as nbgrader lays it out: which folders, which settings, what was handed in."""

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

from grader.grading.lab import Lab, lab
from harness.errors import WrongUseError

CONFIG = "nbgrader_config.py"
log = logging.getLogger(__name__)


class CourseError(WrongUseError):
    """There is no course, or the lab is not in it; the message says what to run."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one learner handed in for one lab; `path` may lead to anything, or to nothing."""

    student: str
    lab: str
    path: Path


@dataclass(frozen=True)
class Course:
    """The folders and settings of a course."""

    directory: CourseDirectory
    config: Config

    @property
    def root(self) -> Path:
        """The folder that all others are in."""
        return Path(self.directory.root)

    @property
    def database(self) -> str:
        """The gradebook, as SQLAlchemy names it."""
        return self.directory.db_url

    def folder(self, step: str, student: str, name: str) -> Path:
        """Of a lab at a step, such as `submitted`. Read and written by nbgrader, too."""
        return Path(self.directory.format_path(step, student, name))

    def submitted(self, student: str, name: str) -> Path:
        """The file that a learner hands in."""
        return self.folder(self.directory.submitted_directory, student, name) / f"{name}.ipynb"

    def autograded(self, student: str, name: str) -> Path:
        """The file that formgrader shows."""
        return self.folder(self.directory.autograded_directory, student, name) / f"{name}.ipynb"

    def feedback(self, student: str, name: str) -> Path:
        """The page that the learner gets."""
        return self.folder(self.directory.feedback_directory, student, name) / f"{name}.html"

    def record(self, student: str, name: str) -> Path:
        """What grading found, in full; in no folder that anything handed in is copied to."""
        return self.root / "records" / name / f"{student}.json"

    def released(self, name: str) -> NotebookNode:
        """The lab as learners get it. Raises CourseError."""
        path = self.folder(self.directory.release_directory, ".", name) / f"{name}.ipynb"
        try:
            return nbformat.read(path, as_version=4)
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise CourseError(
                f"There is no lab {name} in {path.parent.parent}: "
                f"run `nbgrader generate_assignment {name}`."
            ) from error

    def lab(self, name: str) -> Lab:
        """What grading asks for. Raises CourseError, LabError."""
        return lab(name, self.released(name))

    @cached_property
    def labs(self) -> tuple[str, ...]:
        """The labs that are released."""
        folder = self.folder(self.directory.release_directory, ".", "x").parent
        return tuple(sorted(path.parent.name for path in folder.glob("*/*.ipynb") if _named(path)))

    def works(self) -> list[Work]:
        """Everything that was handed in, by lab, then by learner."""
        return [
            Work(student, name, self.submitted(student, name))
            for name in self.labs
            for student in sorted(self._students(name))
        ]

    def student(self, folder: Path) -> str:
        """Whose folder in `submitted` it is; "" when it is nobody's."""
        step = self.directory.submitted_directory
        pattern = self.directory.format_path(
            step, "(?P<student>.*)", re.escape(folder.name), escape=True
        )
        found = re.fullmatch(pattern, str(folder))
        return found["student"] if found else ""

    def _students(self, name: str) -> list[str]:
        pattern = self.folder(self.directory.submitted_directory, "*", name)
        folders = self.root.glob(str(pattern.relative_to(self.root)))
        return [self.student(folder) for folder in folders if folder.is_dir()]


def course(root: Path) -> Course:
    """The course in the folder `root`. Raises CourseError."""
    if not (root / CONFIG).is_file():
        raise CourseError(
            f"There is no {CONFIG} in {root}: run this in the folder of the course, "
            "for example in a copy of this repository."
        )
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.merge(Config({"CourseDirectory": {"root": str(root.resolve())}}))
    return Course(CourseDirectory(config=config, log=log), config)


def _named(path: Path) -> bool:
    return path.stem == path.parent.name
