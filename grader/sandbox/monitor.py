"""The monitor of a submission's processes, which ends them when they exceed a limit."""

from __future__ import annotations

import threading

from grader.sandbox.limits import Limits
from grader.sandbox.processes import Processes

# Seconds between samples; each takes 0.5 ms. Memory grows by 1 GiB in as long on a fast machine, which is
# why a control group enforces the limit where there is one.
EVERY_S = 0.1


class ResourceMonitor(threading.Thread):
    """A thread that kills `processes` when they exceed a limit; `reason` then says which."""

    def __init__(self, processes: Processes, limits: Limits) -> None:
        super().__init__(name="resource-monitor", daemon=True)
        self.processes, self.limits, self.reason = processes, limits, ""
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY_S):
            if self.look():
                self.processes.end()
                return

    def look(self) -> str:
        """Return the limit that is exceeded, or was at an earlier look, or ""."""
        self.reason = self.reason or self.processes.excess(self.limits)
        return self.reason

    def stop(self) -> None:
        """Stop monitoring."""
        self._over.set()
