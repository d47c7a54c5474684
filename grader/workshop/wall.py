"""What a learner's server sees: the system and the packages to read, its own home, the exchange; no more.

The accounts keep learners apart. The wall is the second reason why nobody reads the solutions, the course
or somebody else's home, and it hides other people's processes. The network of the machine stays, as the hub
is on it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grader import jail
from grader.limits import GIB, MIB, Limits
from grader.workshop.places import INSTRUCTOR, Workshop

NAMES = ("passwd", "group", "nsswitch.conf", "hosts", "resolv.conf", "ssl")  # in /etc
# Of each learner. memory: lab 04 and the capstone hold two models, 2.2 GiB. file: the largest to write.
MEMORY, FILE, PROCESSES = 4 * GIB, 1 * GIB, 256


def server(workshop: Workshop, name: str) -> list[str]:
    """The command that becomes a person's Jupyter server."""
    single = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
    if name == INSTRUCTOR:
        return single
    return [*limits(), *view(workshop, name), "--", *single]


def limits() -> list[str]:
    """Kept by the kernel for all that the server starts."""
    return [
        "prlimit",
        f"--data={MEMORY}",
        f"--fsize={FILE}",
        f"--nproc={PROCESSES}",
        "--core=0",
        "--",
    ]


def view(workshop: Workshop, name: str) -> list[str]:
    """The bubblewrap command line, up to the command."""
    home = str(workshop.home(name))
    read = [*(f"/etc/{one}" for one in NAMES), str(workshop.settings(name)), str(workshop.models)]
    room = jail.Room(limits=Limits(scratch=1024 * MIB))
    return [
        *jail.walls(room),
        "--share-net",
        *(part for path in read for part in ("--ro-bind-try", path, path)),
        *("--bind", home, home, "--bind", str(workshop.exchange), str(workshop.exchange)),
        *("--chdir", home),
    ]
