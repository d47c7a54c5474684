"""In the jail: a process that has imported everything once, and becomes a learner's process again and again.

Started as `python -I -m grader.remote.zygote FD HOME SCRATCH MODULE ...`. It never runs code of a
learner. Each time it is asked, it forks into a jail of its own inside the jail: new processes, new mounts, empty home and
temporary folders, no capability left. What a learner leaves behind ends with the first process of that jail,
so the next one finds nothing. That first process is the guard: it reaps, and has no rights either.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.remote import learner_process
from grader.sandbox import namespaces as kernel
from grader.sandbox.namespaces import NEW_IPC, NEW_MOUNTS, NEW_PIDS, NO_DEVICES, NO_EXEC, NO_SUID

READY, BORN, STILLBORN = b"ready", b"born", b"stillborn"
MOST = 1 << 16  # bytes of a message
TEMPORARY = ("/tmp", "/dev/shm")
NESTED = Path("/proc/sys/user/max_user_namespaces")


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every learner's jail gets anew. size: bytes of each of its folders."""

    home: str
    size: int

    def furnish(self) -> None:
        """New mounts in this process, which is the first one of new pids. Raises OSError."""
        kernel.unshare(NEW_MOUNTS | NEW_IPC)
        kernel.keep_mounts_private()
        kernel.mount("proc", "/proc", NO_SUID | NO_DEVICES | NO_EXEC)
        for place in (*TEMPORARY, self.home):
            with kernel.kept(place):  # a course may lie below it
                kernel.mount("tmpfs", place, NO_SUID | NO_DEVICES, f"size={self.size},mode=0700")


def main(fd: str, home: str, size: str, *modules: str) -> None:
    """Serve until the other end closes."""
    control = socket.socket(fileno=int(fd))
    shell = prepared(modules)
    _no_nested_users()
    pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    control.send(READY)
    while message := control.recv(MOST, socket.MSG_PEEK):
        limits, fds, *_ = socket.recv_fds(control, len(message), 2)
        guard = _forked(control, fds, Rooms(home, int(size)), limits.decode(), shell, pids)
        for one in fds:
            os.close(one)
        _, status = os.waitpid(guard, 0)
        control.send(str(os.waitstatus_to_exitcode(status)).encode())


def prepared(modules: tuple[str, ...]) -> learner_process.Shell:
    """A shell, with `modules` imported as far as they can be."""
    for name in modules:
        with suppress(Exception):  # a lab may import what is not installed; its own cell says so
            importlib.import_module(name)
    shell = learner_process.shell()
    gc.collect()
    gc.freeze()  # or the first collection in a child would copy every page
    return shell


def _no_nested_users() -> None:
    """bubblewrap shows /proc/sys read-only: through a second look it can be set."""
    kernel.unshare(NEW_MOUNTS)
    kernel.keep_mounts_private()
    kernel.mount("proc", "/proc", NO_SUID | NO_DEVICES | NO_EXEC)
    NESTED.write_text("0")


def _forked(
    control: socket.socket,
    fds: list[int],
    specs: Rooms,
    limits: str,
    shell: learner_process.Shell,
    pids: int,
) -> int:
    """The guard of a new learner's jail; the other end hears whether it stands."""
    kernel.unshare(NEW_PIDS)
    guard = os.fork()
    if guard:
        kernel.join(pids, NEW_PIDS)
        return guard
    try:
        specs.furnish()
        kernel.drop_rights()
        control.send(BORN)
    except OSError as error:
        control.send(STILLBORN + str(error).encode())
        os._exit(1)
    control.close()
    os.close(pids)
    _guard(fds, specs, limits, shell)


def _guard(fds: list[int], specs: Rooms, limits: str, shell: learner_process.Shell) -> None:
    """Fork once more; reap whatever ends, until the learner's process does, and end with its status."""
    child = os.fork()
    if not child:
        _learner(fds, specs, limits, shell)
    for one in fds:
        os.close(one)
    while True:
        done, status = os.wait()
        if done == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _learner(fds: list[int], specs: Rooms, limits: str, shell: learner_process.Shell) -> None:
    channel, output = fds
    os.setsid()
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    os.chdir(specs.home)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        learner_process.serve(channel, limits, shell)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
