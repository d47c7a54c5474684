"""Isolation of a person's server: it sees the system and packages (read-only), its home and the exchange.

Accounts separate people. Isolation is a second barrier between a learner and the solutions, the course and
other homes, and it hides other people's processes. Root sets it up and then irrevocably becomes the person,
so it also works if Python is in a folder that only root may enter. The network is the machine's, because the
hub is on it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from pwd import getpwnam

from grader.sandbox import mounts
from grader.sandbox.limits import GIB, MIB
from grader.workshop.paths import INSTRUCTOR, Workshop, current

NAMES = ("passwd", "group", "nsswitch.conf", "hosts", "resolv.conf", "ssl")  # in /etc
# Limits for each person: memory of one process (the capstone's kernel writes 2.3 GiB), size of a written
# file, and processes, including threads; each library starts one thread per core of the machine.
MEMORY, FILE, PROCESSES = 4 * GIB, 1 * GIB, 2048
SCRATCH = 512 * MIB  # for /tmp and /dev/shm each, in memory; a large plot needs 64 MiB
# until the process has become the person
CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
STICKY = "1777"
JOIN_SESSION_KEYRING = 1  # an operation of keyctl(2)


def server_command(workshop: Workshop, name: str, descriptor: int) -> list[str]:
    """Return the command that becomes a person's Jupyter server, which listens on this open file."""
    # -P: no module of the program lies in the person's home.
    command = (sys.executable, "-P", "-m", "grader.workshop.listening", str(descriptor))
    return isolated_command(workshop, name, *command)


def isolated_command(workshop: Workshop, name: str, *command: str) -> list[str]:
    """Return the command line that runs `command` isolated, with a person's rights and limits."""
    # The folder is changed as the person: root without capabilities may not enter it.
    chdir = ("env", f"--chdir={workshop.home(name)}")
    return [*_view(workshop, name), "--", *_limits(), *_become(name), *chdir, *command]


def own_keyring() -> Callable[[], object]:
    """Return a function that gives its process an empty session keyring, if the kernel lets it have one.

    Whoever has a keyring reads and writes its keys, also another user's, and a child has its parent's: all
    servers would share the one of root's login.
    """
    import pyseccomp  # only for Linux

    # Looked up before a fork: in the child, another thread's lock may stay closed.
    keyctl = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "keyctl")
    call, arguments = ctypes.CDLL(None).syscall, map(ctypes.c_long, (keyctl, JOIN_SESSION_KEYRING))
    return partial(call, *arguments, None)


def own_streams(log: Path) -> dict[str, int]:
    """Return the arguments of Popen that give a process none of the hub's standard streams.

    It prints to a new file, which _limits bounds. With the hub's streams it could read what root types,
    stop the hub's output and empty its log. The caller closes the open file.
    """
    # The old file is never opened: its owner may hold a lease, for which open would wait 45 s.
    log.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    file = os.open(log, flags, mode=0o600)
    return {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file}


def _limits() -> list[str]:
    """Return the command prefix for limits, which the kernel enforces and a person cannot raise."""
    limits = (f"--data={MEMORY}", f"--fsize={FILE}", f"--nproc={PROCESSES}", "--core=0")
    return ["prlimit", *limits, "--"]


def _become(name: str) -> list[str]:
    account = getpwnam(name)
    person = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return ["setpriv", *person, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


def _view(workshop: Workshop, name: str) -> list[str]:
    """Return the bubblewrap command line, without the command."""
    home, exchange = str(workshop.home(name)), str(workshop.exchange)
    read = [*(f"/etc/{file}" for file in NAMES), str(workshop.settings(name)), str(workshop.models)]
    parents = _parents([*mounts.SYSTEM, *mounts.code_paths(), home, exchange, *read])
    scratch = ("--size", str(SCRATCH), "--perms", STICKY, "--tmpfs")
    return [
        *("bwrap", "--unshare-ipc", "--unshare-uts", "--die-with-parent"),
        *("--cap-drop", "ALL", *(part for cap in CAPABILITIES for part in ("--cap-add", cap))),
        *parents,
        *mounts.system(),
        *_processes(name),
        *("--dev", "/dev", *scratch, "/dev/shm", *scratch, "/tmp"),
        *parents,  # again, for paths in the new /tmp
        *mounts.python(),
        *(part for path in read for part in ("--ro-bind-try", path, path)),
        *("--bind", home, home, "--bind", exchange, exchange),
    ]


def _processes(name: str) -> list[str]:
    """Return the options for /proc: learners see only their own processes.

    The instructor needs the real /proc, because grading starts jails.
    """
    if name == INSTRUCTOR:
        return ["--bind", "/proc", "/proc"]
    return ["--unshare-pid", "--proc", "/proc"]


def _parents(paths: Iterable[str]) -> list[str]:
    """Return the options that create all parent folders; by default only root could enter them."""
    parents = {folder for path in paths for folder in Path(path).parents} - {Path("/")}
    return [
        part for folder in sorted(parents) for part in ("--perms", "0755", "--dir", str(folder))
    ]


def main() -> None:
    """Replace this process by COMMAND, isolated: `python -m grader.workshop.isolation NAME COMMAND...`.

    Services of the hub are started with it.
    """
    name, *command = sys.argv[1:]
    own_keyring()()
    command_line = isolated_command(current(), name, *command)
    os.execvp(command_line[0], command_line)


if __name__ == "__main__":
    main()
