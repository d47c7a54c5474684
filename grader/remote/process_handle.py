"""A learner's process as the referee holds it: its start, its output, its limits and its end."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

import psutil

from grader.remote.framing import Channel, GoneError, WorkerError
from grader.sandbox import jail
from grader.sandbox.control_group import new_group
from grader.sandbox.jail import SandboxSpec, Started
from grader.sandbox.monitor import ResourceMonitor
from grader.sandbox.processes import Processes

END_S = 5.0  # for a killed process to end; one that is stuck in the kernel may never do so
EXIT_S = 1.0  # between the end of a socket and the end of its process
TAIL_BYTES = 20_000  # of output kept: enough to contain the last traceback

Start = Callable[[int, SandboxSpec], Started]  # starts a process that serves on a file descriptor


class OutputTail(threading.Thread):
    """A thread that reads the output of a process and keeps the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(name="output-tail", daemon=True)
        self.pipe, self.end = pipe, b""

    def run(self) -> None:
        while part := self.pipe.read1(1 << 16):
            self.end = (self.end + part)[-TAIL_BYTES:]
        self.pipe.close()

    def text(self) -> str:
        """Return the end of the output."""
        return self.end.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class ProcessHandle:
    """A running process, and the referee's end of its socket."""

    started: Started
    channel: Channel
    processes: Processes
    monitor: ResourceMonitor
    tail: OutputTail

    def confine(self, spec: SandboxSpec) -> None:
        """Move the process into a control group. Call this before any of the learner's code runs.

        Without a jail there is no group, because the learner's code could open it.
        """
        self.processes.hold(new_group(spec.limits) if spec.jailed else None)

    def kill(self, error: WorkerError) -> WorkerError:
        """Kill all processes because of `error`; return the error to report."""
        gone = isinstance(error, GoneError)
        if gone:  # the status of its own exit is more informative than that of our kill
            with suppress(subprocess.TimeoutExpired):
                self.started.process.wait(EXIT_S)
            self.monitor.look()
        self.processes.end()
        status = self.started.process.wait()
        if not gone:
            return error
        return GoneError(self.monitor.reason or f"Its process has ended (exit status {status}).")

    def end(self) -> None:
        """Kill all processes, close the socket and remove their files."""
        self.monitor.stop()
        self.processes.end()
        with suppress(subprocess.TimeoutExpired):
            self.started.process.wait(END_S)
        with suppress(OSError):  # wakes the reader thread
            self.channel.socket.shutdown(socket.SHUT_RDWR)
        self.channel.socket.close()
        self.tail.join(timeout=END_S)
        self.started.clear()


def new_process(channel: int, spec: SandboxSpec) -> Started:
    """Start a new Python process in a sandbox of its own."""
    limits = spec.limits.model_dump_json()
    return jail.start(
        ("-u", "-m", "grader.remote.learner_process", str(channel), limits), spec, [channel]
    )


def started(spec: SandboxSpec, start: Start) -> ProcessHandle:
    """Start a process and the threads that watch it. Raises OSError, NoJailError."""
    referee_end, learner_end = socket.socketpair()
    with learner_end:
        process = start(learner_end.fileno(), spec)
    processes = Processes(psutil.Process(process.process.pid))
    monitor, tail = ResourceMonitor(processes, spec.limits), OutputTail(process.process.stdout)
    monitor.start()
    tail.start()
    return ProcessHandle(process, Channel(referee_end), processes, monitor, tail)
