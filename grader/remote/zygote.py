"""The zygote: a sandboxed process with a lab's packages imported that forks learners' processes.

Started as `python -I -m grader.remote.zygote FD HOME SCRATCH MODULE ...`. It never runs a learner's code.
Each fork enters a nested sandbox: new PID and mount namespaces, empty home and temporary folders, no
capabilities. The first process of that sandbox, the guard, reaps the others and has no capabilities
either. Whatever a learner leaves running ends with the guard, so the next learner finds nothing.
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

READY, FORKED, FAILED = b"ready", b"forked", b"failed"
MOST = 1 << 16  # bytes of a message
TEMPORARY = ("/tmp", "/dev/shm")
NESTED = Path("/proc/sys/user/max_user_namespaces")


@dataclass(frozen=True, slots=True)
class FreshMounts:
    """The mounts that every learner's sandbox gets anew. size: limit of each folder, in bytes."""

    home: str
    size: int

    def apply(self) -> None:
        """Mount them in this process, the first one of a new PID namespace. Raises OSError."""
        kernel.unshare(NEW_MOUNTS | NEW_IPC)
        kernel.keep_mounts_private()
        kernel.mount("proc", "/proc", NO_SUID | NO_DEVICES | NO_EXEC)
        for place in (*TEMPORARY, self.home):
            with kernel.kept(place):  # the course may lie in a temporary folder
                kernel.mount("tmpfs", place, NO_SUID | NO_DEVICES, f"size={self.size},mode=0700")


def main(fd: str, home: str, size: str, *modules: str) -> None:
    """Fork a learner's process for each message on `fd` until the other end closes it."""
    control = socket.socket(fileno=int(fd))
    shell = prepared(modules)
    _no_nested_users()
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    control.send(READY)
    while message := control.recv(MOST, socket.MSG_PEEK):
        limits, fds, *_ = socket.recv_fds(control, len(message), 2)
        guard = _forked(
            control, fds, FreshMounts(home, int(size)), limits.decode(), shell, own_pids
        )
        for descriptor in fds:
            os.close(descriptor)
        _, status = os.waitpid(guard, 0)
        control.send(str(os.waitstatus_to_exitcode(status)).encode())


def prepared(modules: tuple[str, ...]) -> learner_process.Shell:
    """Return a shell after importing `modules`; modules that cannot be imported are skipped."""
    for name in modules:
        with suppress(Exception):  # the lab's own cell reports a missing package
            importlib.import_module(name)
    shell = learner_process.shell()
    gc.collect()
    gc.freeze()  # otherwise the first collection in a child would copy every page
    return shell


def _no_nested_users() -> None:
    """Forbid nested user namespaces. bubblewrap mounts /proc/sys read-only, so mount it once more."""
    kernel.unshare(NEW_MOUNTS)
    kernel.keep_mounts_private()
    kernel.mount("proc", "/proc", NO_SUID | NO_DEVICES | NO_EXEC)
    NESTED.write_text("0")


def _forked(
    control: socket.socket,
    fds: list[int],
    mounts: FreshMounts,
    limits: str,
    shell: learner_process.Shell,
    own_pids: int,
) -> int:
    """Fork the guard of a new sandbox, which reports success or failure on `control`; return its PID.

    own_pids: a descriptor of the zygote's own PID namespace.
    """
    kernel.unshare(NEW_PIDS)
    guard = os.fork()
    if guard:
        kernel.join(own_pids, NEW_PIDS)  # otherwise the next unshare would fail
        return guard
    try:
        mounts.apply()
        kernel.drop_rights()
        control.send(FORKED)
    except OSError as error:
        control.send(FAILED + str(error).encode())
        os._exit(1)
    control.close()
    os.close(own_pids)
    _guard(fds, mounts, limits, shell)


def _guard(fds: list[int], mounts: FreshMounts, limits: str, shell: learner_process.Shell) -> None:
    """Fork the learner's process, reap every process that ends, and exit with the learner's status."""
    child = os.fork()
    if not child:
        _learner(fds, mounts, limits, shell)
    for descriptor in fds:
        os.close(descriptor)
    while True:
        done, status = os.wait()
        if done == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _learner(
    fds: list[int], mounts: FreshMounts, limits: str, shell: learner_process.Shell
) -> None:
    channel, output = fds
    os.setsid()
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    os.chdir(mounts.home)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        learner_process.serve(channel, limits, shell)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
