"""The processes of a submission, all of them: stopped while it is another's turn, watched, ended.

They are found as descendants of the one that was started. In a jail none can leave that tree, since its
first process adopts every orphan. Outside of one a process can, by forking twice.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from grader.sandbox.limits import GIB, Limits

SETTLE_S = 2.0  # for a stopped process to stand still: it takes about a tick, 10 ms
EVERY_S = 0.25  # between looks, each half a millisecond
STANDING = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@dataclass
class Processes:
    """`first` and what it started. psutil signals none that only inherited a number."""

    first: psutil.Process
    _stopped: dict[int, psutil.Process] = field(default_factory=dict, init=False)

    def all(self) -> list[psutil.Process]:
        """Those that there are now, the first one first."""
        with suppress(psutil.Error):
            return [self.first, *self.first.children(recursive=True)]
        return []

    def freeze(self) -> None:
        """Stop them all, and come back when none runs. They notice nothing but the time."""
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:  # a process may fork before its turn to stop comes
            running = [one for one in self.all() if not _stands(one)]
            if not running:
                break
            for one in running:
                self._stopped[one.pid] = one
                with suppress(psutil.Error):
                    one.suspend()

    def thaw(self) -> None:
        """Let go on what was stopped, without looking around first: this is on the clock."""
        for one in reversed(self._stopped.values()):
            with suppress(psutil.Error):
                one.resume()
        self._stopped.clear()

    def end(self) -> None:
        """Kill them all."""
        for one in reversed(self.all()):
            with suppress(psutil.Error):
                one.kill()

    def excess(self, limits: Limits) -> str:
        """What they have too much of, in a sentence; "" when nothing."""
        every = self.all()
        if len(every) > limits.processes:
            return f"It started more than {limits.processes} processes."
        if sum(map(_private_bytes, every)) > limits.memory:
            return f"It used more than {limits.memory / GIB:.2g} GiB of memory."
        return ""


class Watch(threading.Thread):
    """Ends `processes` as soon as they have too much of something; `reason` is then why."""

    def __init__(self, processes: Processes, limits: Limits) -> None:
        super().__init__(name="watch", daemon=True)
        self.processes, self.limits, self.reason = processes, limits, ""
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY_S):
            if excess := self.processes.excess(self.limits):
                self.reason = excess
                self.processes.end()
                return

    def stop(self) -> None:
        """No more looks."""
        self._over.set()


def _stands(process: psutil.Process) -> bool:
    try:
        return process.status() in STANDING
    except psutil.Error:
        return True


def _private_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    # Not shared pages: a model file that four processes map is in memory once.
    return max(0, memory.rss - getattr(memory, "shared", 0))
