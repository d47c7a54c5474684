"""Learners' processes at the price of a fork: Python and its packages are started once for a class.

    with zygote(Room(), modules) as start:
        with session(Room(), start=start) as learner: ...

See `grader.remote.zygote` for what happens inside. One learner at a time: graders side by side have one each.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from grader.remote.zygote import BORN, MOST, READY, STILLBORN
from grader.sandbox import jail
from grader.sandbox.jail import HOME, SandboxSpec, Started, environment

START_S = 300.0  # every package of a lab: 4 s, fifty times that on a busy machine
FORK_S = 60.0  # a fork and four mounts: 20 ms, and much more on a starved machine
# Mounting and unmounting for each learner, and giving all of it up: never kept beyond the fork.
RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SYS_RESOURCE")


class NoZygoteError(OSError):
    """This machine has no jail inside a jail; the message says why."""


@dataclass
class Forked:
    """A learner's process, with what `subprocess.Popen` has of it. pid: outside, of the jail's first one."""

    pid: int
    stdout: IO[bytes]
    control: socket.socket
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; -n for signal n. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.control.settimeout(timeout)
            try:
                said = self.control.recv(MOST)
            except TimeoutError as error:
                raise subprocess.TimeoutExpired("a learner's process", timeout or 0.0) from error
            self.returncode = int(said or -9)  # nothing: the zygote has gone, and all with it
        return self.returncode


@dataclass
class Zygote:
    """The referee's end of it. last: the learner that it forked before, which must have ended.

    broken: why it forks no more, or "".
    """

    process: psutil.Process
    control: socket.socket
    last: Forked | None = field(default=None, init=False)
    broken: str = field(default="", init=False)

    def start(self, channel: int, spec: SandboxSpec) -> Started:
        """A learner's process that serves on `channel`. Raises NoZygoteError, from then on always."""
        if self.broken:
            raise NoZygoteError(self.broken)
        output, end = os.pipe()
        try:
            self._fork(spec, [channel, end])
            [guard] = self.process.children()
        except (OSError, ValueError, psutil.Error, subprocess.TimeoutExpired) as error:
            os.close(output)
            self.broken = str(error) or "It has gone."
            raise NoZygoteError(self.broken) from error
        finally:
            os.close(end)
        self.last = Forked(guard.pid, os.fdopen(output, "rb"), self.control)
        return Started(self.last, "", Path(tempfile.mkdtemp(prefix="under500-learner-")))

    def _fork(self, spec: SandboxSpec, fds: list[int]) -> None:
        if self.last is not None:
            self.last.wait(FORK_S)
        socket.send_fds(self.control, [spec.limits.model_dump_json().encode()], fds)
        self.control.settimeout(FORK_S)
        if (said := self.control.recv(MOST)) != BORN:
            raise NoZygoteError(said.removeprefix(STILLBORN).decode())


@contextmanager
def zygote(spec: SandboxSpec, modules: tuple[str, ...]) -> Iterator[Zygote]:
    """It, with `modules` imported, until the block ends. Raises NoZygoteError."""
    if why := "It was switched off." if not spec.jailed else jail.missing():
        raise NoZygoteError(why)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    scratch = tempfile.mkdtemp(prefix="under500-zygote-")
    process = None
    try:
        with theirs:
            process = _started(spec, theirs.fileno(), modules, scratch)
        ours.settimeout(START_S)
        if _received(ours) != READY:
            raise NoZygoteError(_said(process))
        yield Zygote(_leaf(psutil.Process(process.pid)), ours)
    finally:
        ours.close()
        if process is not None:
            process.kill()
            process.wait()
            process.stdout.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _started(
    spec: SandboxSpec, fd: int, modules: tuple[str, ...], scratch: str
) -> subprocess.Popen[bytes]:
    program = (
        "-I",
        "-u",
        "-m",
        "grader.remote.zygote",
        str(fd),
        str(HOME),
        str(spec.limits.scratch),
    )
    return subprocess.Popen(
        [*jail.walls(spec, rights=RIGHTS), "--", sys.executable, *program, *modules],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(HOME, spec, jailed=True),
        cwd=scratch,
        pass_fds=(fd,),
        start_new_session=True,
    )


def _received(control: socket.socket) -> bytes:
    with suppress(OSError):
        return control.recv(MOST)
    return b""


def _said(process: subprocess.Popen[bytes]) -> str:
    """The last line that it printed."""
    process.kill()
    lines = process.stdout.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "It does not start."


def _leaf(process: psutil.Process) -> psutil.Process:
    """The zygote itself, below bubblewrap's own two processes."""
    while children := process.children():
        process = children[0]
    return process
