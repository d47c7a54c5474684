"""Where a workshop keeps its things: one folder, outside of the repository, that root owns.

accounts.csv     names and passwords, for root alone
homes/NAME       each person's own, closed to the others; the instructor's holds the course
exchange/        nbgrader's: released labs out, submissions in, feedback out
models/          what `under500 prepare` built, to read; the same pages of memory for everybody
etc/ROLE         what nbgrader and JupyterLab are told, by role
hub/             the hub's database, cookies and log
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "UNDER500_WORKSHOP"  # how the hub's configuration finds the folder
COURSE_ID = "under500"
INSTRUCTOR = "instructor"


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folder of a workshop. port: of the address that people open."""

    root: Path
    port: int = 8000

    @property
    def accounts(self) -> Path:
        """Names and passwords."""
        return self.root / "accounts.csv"

    @property
    def exchange(self) -> Path:
        """nbgrader's exchange."""
        return self.root / "exchange"

    @property
    def models(self) -> Path:
        """What is prepared."""
        return self.root / "models"

    @property
    def hub(self) -> Path:
        """The hub's own files."""
        return self.root / "hub"

    @property
    def course(self) -> Path:
        """The course, in the instructor's home: solutions, gradebook, records, secret."""
        return self.home(INSTRUCTOR) / "course"

    @property
    def secret(self) -> Path:
        """What makes the referee's questions fresh."""
        return self.course / ".secret"

    def home(self, name: str) -> Path:
        """Of a person."""
        return self.root / "homes" / name

    def settings(self, name: str) -> Path:
        """Configuration of Jupyter and nbgrader for a person, by role."""
        return self.root / "etc" / ("instructor" if name == INSTRUCTOR else "learner")


def current() -> Workshop:
    """The workshop that this process belongs to. Raises KeyError outside of one."""
    root, _, port = os.environ[VARIABLE].rpartition(":")
    return Workshop(Path(root), int(port))
