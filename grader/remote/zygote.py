"""The zygote: a sandboxed process with a lab's packages imported that forks learners' processes.

Started as `python -I -m grader.remote.zygote FD HOME SCRATCH USER MODULE ...`. It never runs code of a
learner. Each fork enters a nested sandbox: new PID and mount namespaces, empty home and temporary folders,
no capabilities, a user of its own if the grader is root, and a filter of system calls. The first process of
that sandbox, the guard, reaps the others and has no more rights than they. Whatever a learner leaves running
ends with the guard, so the next learner finds nothing.
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

from pyseccomp import SyscallFilter

from grader.remote import learner_process
from grader.sandbox import namespaces as kernel
from grader.sandbox import syscalls
from grader.sandbox.namespaces import NEW_IPC, NEW_MOUNTS, NEW_PIDS, NO_DEVICES, NO_EXEC, NO_SUID

READY, FORKED, FAILED = b"ready", b"forked", b"failed"
MOST = 1 << 16  # bytes of a message
TEMPORARY = ("/tmp", "/dev/shm")
NESTED = Path("/proc/sys/user/max_user_namespaces")
# Settings of the kernel; a new /proc has them writable for the user who is root outside.
KERNEL = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi")


@dataclass(frozen=True, slots=True)
class FreshMounts:
    """The mounts that every learner's sandbox gets anew.

    size: limit of each folder, in bytes. user: the learner in its sandbox.
    """

    home: str
    size: int
    user: int

    def apply(self) -> None:
        """Mount them in this process, the first one of a new PID namespace. Raises OSError."""
        kernel.unshare(NEW_MOUNTS | NEW_IPC)
        kernel.keep_mounts_private()
        kernel.mount("proc", "/proc", NO_SUID | NO_DEVICES | NO_EXEC)
        for place in filter(Path.exists, map(Path("/proc").joinpath, KERNEL)):
            kernel.make_read_only(str(place))
        options = f"size={self.size},mode=1777"
        for place in (*TEMPORARY, self.home):
            with kernel.kept(place):  # the course may lie in a temporary folder
                kernel.mount("tmpfs", place, NO_SUID | NO_DEVICES, options)


@dataclass(frozen=True, slots=True)
class Learner:
    """What a fork needs. fds: channel and output. limits: as JSON. confined: the filter of system calls."""

    fds: list[int]
    limits: str
    shell: learner_process.Shell
    confined: SyscallFilter


def main(fd: str, home: str, size: str, user: str, *modules: str) -> None:
    """Fork a learner's process for each message on `fd` until the other end closes it."""
    learner_process.close_others(int(fd))
    control = socket.socket(fileno=int(fd))
    shell, confined = prepared(modules), syscalls.learner_filter()
    mounts = FreshMounts(home, int(size), int(user))
    _no_nested_users()
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    control.send(READY)
    while message := control.recv(MOST, socket.MSG_PEEK):
        limits, fds, *_ = socket.recv_fds(control, len(message), 2)
        learner = Learner(fds, limits.decode(), shell, confined)
        guard = _forked(control, mounts, learner, own_pids)
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


def _forked(control: socket.socket, mounts: FreshMounts, learner: Learner, own_pids: int) -> int:
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
        kernel.drop_rights(mounts.user)
        learner.confined.load()
        control.send(FORKED)
    except OSError as error:
        control.send(FAILED + str(error).encode())
        os._exit(1)
    control.close()
    os.close(own_pids)
    _guard(mounts, learner)


def _guard(mounts: FreshMounts, learner: Learner) -> None:
    """Fork the learner's process, reap every process that ends, and exit with the learner's status."""
    child = os.fork()
    if not child:
        _serve(mounts, learner)
    for descriptor in learner.fds:
        os.close(descriptor)
    while True:
        done, status = os.wait()
        if done == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _serve(mounts: FreshMounts, learner: Learner) -> None:
    channel, output = learner.fds
    os.setsid()
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    os.chdir(mounts.home)
    kernel.allow_own_files()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        learner_process.serve(channel, learner.limits, learner.shell)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
