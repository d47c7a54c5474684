"""Paths of a workshop: one folder outside the repository, owned by root.

accounts.csv     names and passwords, readable by root only
homes/NAME       a person's private home; the instructor's contains the course
exchange/        nbgrader's exchange: released labs, submissions and feedback
models/          what `under500 prepare` built, read-only; all learners share the same memory pages
etc/ROLE         settings of nbgrader and JupyterLab by role
hub/             the hub's database and cookies, and what the servers and the board print
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "UNDER500_WORKSHOP"  # passes folder and addresses to the hub's configuration, as JSON
LOCAL = "localhost"
COURSE_ID = "under500"
INSTRUCTOR = "instructor"


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folder of a workshop, and the port and domain that people open.

    tls: files of certificate and key; () leaves TLS to a proxy, or to a tunnel if the domain is LOCAL.
    """

    root: Path
    port: int = 8000
    domain: str = LOCAL
    tls: tuple[Path, ...] = ()

    @property
    def accounts(self) -> Path:
        """Return the file of names and passwords."""
        return self.root / "accounts.csv"

    @property
    def exchange(self) -> Path:
        """Return nbgrader's exchange."""
        return self.root / "exchange"

    @property
    def models(self) -> Path:
        """Return the folder of prepared models."""
        return self.root / "models"

    @property
    def hub(self) -> Path:
        """Return the folder of the hub's own files."""
        return self.root / "hub"

    @property
    def proxy_socket(self) -> Path:
        """Return the socket on which the proxy takes the hub's orders."""
        return self.hub / "proxy.sock"

    def server_log(self, name: str) -> Path:
        """Return the file of what a person's server has printed since it was last started."""
        return self.hub / f"server-{name}.log"

    @property
    def course(self) -> Path:
        """Return the course in the instructor's home: solutions, gradebook, records and secret."""
        return self.home(INSTRUCTOR) / "course"

    @property
    def secret(self) -> Path:
        """Return the file of the secret that the referee's questions are drawn with."""
        return self.course / ".secret"

    def home(self, name: str) -> Path:
        """Return a person's home."""
        return self.root / "homes" / name

    def settings(self, name: str) -> Path:
        """Return the folder of Jupyter's and nbgrader's settings for a person's role."""
        return self.root / "etc" / ("instructor" if name == INSTRUCTOR else "learner")


def variable(workshop: Workshop) -> str:
    """Return the value of VARIABLE for this workshop."""
    tls = [str(path) for path in workshop.tls]
    return json.dumps([str(workshop.root), workshop.port, workshop.domain, tls])


def current() -> Workshop:
    """Return the workshop of this process. Raises KeyError if the process belongs to none."""
    root, port, domain, tls = json.loads(os.environ[VARIABLE])
    return Workshop(Path(root), port, domain, tuple(map(Path, tls)))
