"""The processes of a submission: freezing between turns, resource monitoring, termination.

The processes are found as descendants of the first one. In a sandbox none can leave that tree, since its
first process adopts every orphan. Without a sandbox a process can leave it by forking twice.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from grader.sandbox.limits import GIB, Limits

SETTLE_S = 2.0  # for all processes to stop; one takes about 10 ms, a scheduler tick
EVERY_S = 0.25  # between samples; each takes 0.5 ms
HALTED = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@dataclass
class Processes:
    """A process and its descendants. psutil does not signal a process that reuses a PID."""

    first: psutil.Process
    _stopped: dict[int, psutil.Process] = field(default_factory=dict, init=False)

    def all(self) -> list[psutil.Process]:
        """Return the processes that exist now, the first one first."""
        with suppress(psutil.Error):
            return [self.first, *self.first.children(recursive=True)]
        return []

    def freeze(self) -> None:
        """Stop all processes and return when none runs, or after SETTLE_S seconds."""
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:  # a process may fork before it is stopped
            running = [process for process in self.all() if not _is_halted(process)]
            if not running:
                break
            for process in running:
                self._stopped[process.pid] = process
                with suppress(psutil.Error):
                    process.suspend()

    def thaw(self) -> None:
        """Resume the stopped processes. Does not list processes first, because this is timed."""
        for process in reversed(self._stopped.values()):
            with suppress(psutil.Error):
                process.resume()
        self._stopped.clear()

    def end(self) -> None:
        """Kill all processes."""
        for process in reversed(self.all()):
            with suppress(psutil.Error):
                process.kill()

    def excess(self, limits: Limits) -> str:
        """Return a sentence about the limit that the processes exceed, or ""."""
        every = self.all()
        if len(every) > limits.processes:
            return f"It started more than {limits.processes} processes."
        if sum(map(_private_bytes, every)) > limits.memory:
            return f"It used more than {limits.memory / GIB:.2g} GiB of memory."
        return ""


class ResourceMonitor(threading.Thread):
    """A thread that kills `processes` when they exceed a limit; `reason` then says which."""

    def __init__(self, processes: Processes, limits: Limits) -> None:
        super().__init__(name="resource-monitor", daemon=True)
        self.processes, self.limits, self.reason = processes, limits, ""
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY_S):
            if excess := self.processes.excess(self.limits):
                self.reason = excess
                self.processes.end()
                return

    def stop(self) -> None:
        """Stop monitoring."""
        self._over.set()


def _is_halted(process: psutil.Process) -> bool:
    try:
        return process.status() in HALTED
    except psutil.Error:
        return True


def _private_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    # without shared pages: a model file mapped by four processes is in memory once
    return max(0, memory.rss - getattr(memory, "shared", 0))
