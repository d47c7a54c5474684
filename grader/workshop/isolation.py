"""What a person's server sees: the system and the packages to read, its own home, the exchange; no more.

The accounts keep people apart. The wall is the second reason why no learner reads solutions, the course or
somebody else's home, and it hides other people's processes. Root builds it and then becomes the person for
good, so it also works where Python stands in a folder that only root may enter. The network stays the
machine's, as the hub is on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from pwd import getpwnam

from grader.sandbox import jail
from grader.sandbox.limits import GIB, MIB
from grader.workshop.paths import INSTRUCTOR, Workshop, current

NAMES = ("passwd", "group", "nsswitch.conf", "hosts", "resolv.conf", "ssl")  # in /etc
# Of each person. memory: of one process; the capstone's kernel writes 2.3 GiB. file: the largest to write.
# processes: threads count, and each library has one for each core of the machine.
MEMORY, FILE, PROCESSES = 4 * GIB, 1 * GIB, 2048
SCRATCH = 512 * MIB  # of memory, as /tmp and /dev/shm are; 64 MiB are a large plot
BECOME = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")  # until the person is there
ANYBODY = "1777"


def server(workshop: Workshop, name: str) -> list[str]:
    """The command that becomes a person's Jupyter server."""
    return behind(workshop, name, str(Path(sys.executable).with_name("jupyterhub-singleuser")))


def behind(workshop: Workshop, name: str, *command: str) -> list[str]:
    """`command` with a person's rights and limits, behind the wall."""
    there = ("env", f"--chdir={workshop.home(name)}")  # as the person: root without rights may not
    return [*_view(workshop, name), "--", *_limits(), *_become(name), *there, *command]


def _limits() -> list[str]:
    """Kept by the kernel for all that is started; a person cannot raise them."""
    most = (f"--data={MEMORY}", f"--fsize={FILE}", f"--nproc={PROCESSES}", "--core=0")
    return ["prlimit", *most, "--"]


def _become(name: str) -> list[str]:
    account = getpwnam(name)
    person = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return ["setpriv", *person, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


def _view(workshop: Workshop, name: str) -> list[str]:
    """The bubblewrap command line, up to the command."""
    home, exchange = str(workshop.home(name)), str(workshop.exchange)
    read = [*(f"/etc/{one}" for one in NAMES), str(workshop.settings(name)), str(workshop.models)]
    ways = _ways([*jail.SYSTEM, *jail.places(), home, exchange, *read])
    scratch = ("--size", str(SCRATCH), "--perms", ANYBODY, "--tmpfs")
    return [
        *("bwrap", "--unshare-ipc", "--unshare-uts", "--die-with-parent"),
        *("--cap-drop", "ALL", *(part for right in BECOME for part in ("--cap-add", right))),
        *ways,
        *jail.system(),
        *_processes(name),
        *("--dev", "/dev", *scratch, "/dev/shm", *scratch, "/tmp"),
        *ways,  # once more, for what is in /tmp
        *jail.python(),
        *(part for path in read for part in ("--ro-bind-try", path, path)),
        *("--bind", home, home, "--bind", exchange, exchange),
    ]


def _processes(name: str) -> list[str]:
    """A learner sees their own alone. Who grades starts jails, which a covered /proc does not allow."""
    if name == INSTRUCTOR:
        return ["--bind", "/proc", "/proc"]
    return ["--unshare-pid", "--proc", "/proc"]


def _ways(paths: Iterable[str]) -> list[str]:
    """The folders above them, which bubblewrap would make for root alone."""
    above = {folder for path in paths for folder in Path(path).parents} - {Path("/")}
    return [part for one in sorted(above) for part in ("--perms", "0755", "--dir", str(one))]


def main() -> None:
    """Become `python -m grader.workshop.isolation NAME COMMAND...`: for services of the hub."""
    name, *command = sys.argv[1:]
    line = behind(current(), name, *command)
    os.execvp(line[0], line)


if __name__ == "__main__":
    main()
