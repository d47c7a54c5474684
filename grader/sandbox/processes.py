"""The processes of a submission: freezing between turns, counting of what they do meanwhile, termination.

A control group does all of it where there is one. Elsewhere the processes are found as descendants of the
first one and stopped by a signal, which other processes can undo. Therefore their states and their CPU time
are read before and after every pause. In a sandbox no process can leave the tree, since its first process
adopts every orphan, and the time of an orphan is counted as that process's. Without a sandbox a process can
leave it by forking twice.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from grader.sandbox import memory
from grader.sandbox.control_group import ControlGroup
from grader.sandbox.limits import GIB, Limits
from harness.errors import PlainError

SETTLE_S = 2.0  # for all processes to stop; one takes about 10 ms, a scheduler tick
LOOKS = 2  # in a row that must find all stopped: a process may fork while they are listed
HALTED = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
# CPU time in a pause, in seconds. A frozen group uses none. Without a group, times are in ticks of 10 ms,
# and each of several processes may be seen to cross one.
MOST_FROZEN_S, MOST_STOPPED_S = 0.005, 0.03


class NotStoppedError(PlainError):
    """The processes did not stop, or worked while they should have been stopped."""


@dataclass
class Processes:
    """A process and its descendants, in a control group or not.

    psutil does not signal a process that reuses a PID.
    """

    first: psutil.Process
    group: ControlGroup | None = None
    _stopped: dict[int, psutil.Process] = field(default_factory=dict, init=False)
    # CPU time at the freeze; None if they run.
    _used_s: float | None = field(default=None, init=False)

    def hold(self, group: ControlGroup | None) -> None:
        """Move all processes into `group`, before any of a learner's code runs. Raises OSError."""
        self.group = group  # first, so that `end` removes it whatever happens
        while group and (outside := [p.pid for p in self.all() if not group.holds(p.pid)]):
            for pid in outside:
                group.add(pid)

    def all(self) -> list[psutil.Process]:
        """Return the processes that exist now, the first one first."""
        with suppress(psutil.Error):
            return [self.first, *self.first.children(recursive=True)]
        return []

    def cpu_s(self) -> float:
        """Return the CPU time of all processes in seconds, those that have ended included."""
        if self.group:
            with suppress(OSError, KeyError):  # it has ended
                return self.group.cpu_s()
        return sum(map(_own_cpu_s, self.all()))

    def freeze(self) -> None:
        """Stop all processes and return when none runs. Raises NotStoppedError if that takes SETTLE_S.

        Also raises it for processes that have worked since an earlier `freeze`.
        """
        before_s = self._used_s
        if before_s is not None:
            self._require_stopped(before_s)
        if not self._stopped_in_time():
            raise NotStoppedError(
                f"Its processes did not stop within {SETTLE_S:g} s when it was not their turn: "
                "start none that resume others."
            )
        self._used_s = self.cpu_s()

    def thaw(self) -> None:
        """Resume the stopped processes. Does not list processes first, because this is timed."""
        self._used_s = None
        if self.group:
            with suppress(OSError):  # it has ended
                self.group.thaw()
        for process in reversed(self._stopped.values()):
            with suppress(psutil.Error):
                process.resume()
        self._stopped.clear()

    def end(self) -> None:
        """Kill all processes."""
        if self.group:
            self.group.end()
        for process in reversed(self.all()):
            with suppress(psutil.Error):
                process.kill()

    def excess(self, limits: Limits) -> str:
        """Return a sentence about the limit that the processes exceed, or ""."""
        every = self.all()
        if len(every) > limits.processes:
            return f"It started more than {limits.processes} processes."
        if sum(map(_threads, every)) > limits.threads:
            return f"It started more than {limits.threads:,} threads."
        ended = self.group is not None and self.group.out_of_memory()
        pids = [process.pid for process in every]
        if ended or memory.used(pids) + memory.in_files(pids, limits.scratch) > limits.memory:
            return f"It used more than {limits.memory / GIB:.2g} GiB of memory."
        return ""

    def _require_stopped(self, before_s: float) -> None:
        used_s = self.cpu_s() - before_s
        most_s = MOST_FROZEN_S if self.group else MOST_STOPPED_S
        if used_s > most_s or not (self.group or self._all_halted()):
            raise NotStoppedError(
                f"Its processes worked when it was not their turn ({used_s * 1e3:.0f} ms of CPU time; "
                f"{most_s * 1e3:.0f} ms are allowed): start none that resume others."
            )

    def _stopped_in_time(self) -> bool:
        return self.group.freeze(SETTLE_S) if self.group else self._stop()

    def _stop(self) -> bool:
        """Stop all processes by a signal; return whether all have stopped within SETTLE_S."""
        until, looks = time.monotonic() + SETTLE_S, 0
        while looks < LOOKS:
            running = [process for process in self.all() if not _is_halted(process)]
            looks = 0 if running else looks + 1
            for process in running:
                self._stopped[process.pid] = process
                with suppress(psutil.Error):
                    process.suspend()
            if time.monotonic() > until:
                return False
        return True

    def _all_halted(self) -> bool:
        return all(map(_is_halted, self.all()))


def _own_cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return times.user + times.system + ended


def _threads(process: psutil.Process) -> int:
    try:
        return process.num_threads()
    except psutil.Error:
        return 0


def _is_halted(process: psutil.Process) -> bool:
    try:
        return process.status() in HALTED
    except psutil.Error:
        return True
