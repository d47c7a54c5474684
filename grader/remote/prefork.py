"""Pre-forking of learners' processes: Python and its packages are started once for a class.

    with zygote(SandboxSpec(), modules) as warm:
        with session(SandboxSpec(), start=warm.start) as learner: ...

`grader.remote.zygote` is the program that forks. It serves one learner at a time, so each of several
parallel graders starts its own.
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

from grader.remote.zygote import FAILED, FORKED, MOST, READY
from grader.sandbox import jail, users
from grader.sandbox.jail import SandboxSpec, Started, environment
from grader.sandbox.mounts import HOME
from grader.sandbox.namespaces import ROOT

START_S = 300.0  # importing every package of a lab takes 4 s, much longer on a busy machine
FORK_S = 60.0  # a fork and four mounts take 20 ms, much longer on a starved machine
# Needed to mount for each learner and to drop capabilities; the forked process gives all of them up.
RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SYS_RESOURCE")


class NoZygoteError(OSError):
    """Nested sandboxes are not available on this machine; the message says why."""


@dataclass
class Forked:
    """A forked learner's process with the interface of `subprocess.Popen`. pid: the sandbox's guard."""

    pid: int
    stdout: IO[bytes]
    control: socket.socket
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, -n for signal n. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.control.settimeout(timeout)
            try:
                status = self.control.recv(MOST)
            except TimeoutError as error:
                raise subprocess.TimeoutExpired("a learner's process", timeout or 0.0) from error
            # an empty message: the zygote has ended, and its children with it
            self.returncode = int(status or -9)
        return self.returncode


@dataclass
class Zygote:
    """The referee's end of a zygote.

    last: the previous learner's process, which must end before the next fork. broken: why it can no longer
    fork, or "".
    """

    process: psutil.Process
    control: socket.socket
    last: Forked | None = field(default=None, init=False)
    broken: str = field(default="", init=False)

    def start(self, channel: int, spec: SandboxSpec) -> Started:
        """Fork a learner's process that serves on `channel`. After one NoZygoteError, it always raises."""
        if self.broken:
            raise NoZygoteError(self.broken)
        output, end = os.pipe()
        try:
            self._fork(spec, [channel, end])
            [guard] = self.process.children()
        except (OSError, ValueError, psutil.Error, subprocess.TimeoutExpired) as error:
            os.close(output)
            self.broken = str(error) or "The zygote has ended."
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
        if (answer := self.control.recv(MOST)) != FORKED:
            raise NoZygoteError(answer.removeprefix(FAILED).decode())


@contextmanager
def zygote(spec: SandboxSpec, modules: tuple[str, ...]) -> Iterator[Zygote]:
    """Yield a zygote that has imported `modules`; end it with the block. Raises NoZygoteError."""
    if why := "Sandboxing is switched off." if not spec.jailed else jail.why_no_jail():
        raise NoZygoteError(why)
    referee_end, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    scratch = tempfile.mkdtemp(prefix="under500-zygote-")
    process = None
    try:
        with zygote_end:
            process = _started(spec, zygote_end.fileno(), modules, scratch)
        referee_end.settimeout(START_S)
        if _received(referee_end) != READY:
            raise NoZygoteError(_last_line(process))
        yield Zygote(_leaf(psutil.Process(process.pid)), referee_end)
    finally:
        referee_end.close()
        if process is not None:
            process.kill()
            process.wait()
            process.stdout.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _started(
    spec: SandboxSpec, fd: int, modules: tuple[str, ...], scratch: str
) -> subprocess.Popen[bytes]:
    user = users.LEARNER if users.is_root() else ROOT
    program = ("-I", "-u", "-m", "grader.remote.zygote", str(fd), str(HOME))
    command = [sys.executable, *program, str(spec.limits.scratch), str(user), *modules]
    with jail.jail_command(command, spec, rights=RIGHTS) as (line, needed):
        return subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(HOME, spec),
            cwd=scratch,
            pass_fds=(fd, *needed),
            start_new_session=True,
        )


def _received(control: socket.socket) -> bytes:
    with suppress(OSError):
        return control.recv(MOST)
    return b""


def _last_line(process: subprocess.Popen[bytes]) -> str:
    """Kill `process` and return the last line of its output."""
    process.kill()
    lines = process.stdout.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "The zygote does not start."


def _leaf(process: psutil.Process) -> psutil.Process:
    """Return the zygote itself, which is a descendant of bubblewrap's own processes."""
    while children := process.children():
        process = children[0]
    return process
