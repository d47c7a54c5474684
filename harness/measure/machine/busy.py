"""CPU use by other programs, and whether it is too high to measure reliably."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass

import psutil

SAMPLE_S = 1.0  # 100 ticks of Linux's CPU clock, so that shares are exact to one percent
# Measured with two-thread matrix products on 2 cores (torch, a shared EPYC) while another program used
# 0.1, 0.3, 0.5 and 1 core: they took 1.1, 1.2, 1.4 and 3 times as long, because threads wait for the
# slowest of them. From 0.3 cores on, the error reaches the 20 % that a calibrated stage may be off.
QUIET_CORES = 0.3
QUIET_SHARE = 0.1  # of a larger machine, whose threads seldom need every core at once
NAMED = 3  # programs named in a sentence


@dataclass(frozen=True, slots=True)
class Busy:
    """CPU use outside this process during about a second; all amounts in cores.

    others: used by other programs. steal: withheld by the host of a virtual machine.
    top: the programs that used most, as (name, cores), largest first.
    """

    cores: int
    others: float
    steal: float
    top: tuple[tuple[str, float], ...]

    @property
    def limit(self) -> float:
        """Return the cores that others may use before measured times become unreliable."""
        return max(QUIET_CORES, QUIET_SHARE * self.cores)

    @property
    def too_busy(self) -> bool:
        """Return whether other programs and the host together use more than `limit`."""
        return self.others + self.steal > self.limit

    def sentence(self) -> str:
        """Return, for example, "1.6 of 2 cores are used by other programs (python 85 %, node 40 %)."."""
        top = self.top if self.others >= 0.05 else ()  # below that, 0.0 cores are shown
        names = ", ".join(f"{name} {cores:.0%}".replace("%", " %") for name, cores in top)
        noun_and_verb = "core is" if self.cores == 1 else "cores are"
        text = f"{self.others:.1f} of {self.cores} {noun_and_verb} used by other programs"
        text += f" ({names})" if names else ""
        text += f", and {self.steal:.1f} withheld by the host (steal)" if self.steal >= 0.05 else ""
        return text + "."


def busy(seconds: float = SAMPLE_S) -> Busy:
    """Watch the machine for `seconds`; this process and its children do not count as others."""
    started, before = time.perf_counter(), _cpu_seconds()
    cores = _usable(psutil.cpu_times_percent(interval=seconds, percpu=True))
    elapsed, after = time.perf_counter() - started, _cpu_seconds()
    used = {key: max(0.0, s - before.get(key, 0.0)) / elapsed for key, s in after.items()}
    own = _own_pids()
    own_share = sum(share for (pid, _), share in used.items() if pid in own)
    in_use = sum(100 - c.idle - getattr(c, "iowait", 0) - getattr(c, "steal", 0) for c in cores)
    steal = sum(getattr(core, "steal", 0) for core in cores) / 100
    return Busy(len(cores), max(0.0, in_use / 100 - own_share), steal, _top(used, own))


def _cpu_seconds() -> dict[tuple[int, str], float]:
    """Return the CPU seconds so far by (pid, name), of every readable process."""
    return {
        (process.pid, process.info["name"] or "?"): times.user + times.system
        for process in psutil.process_iter(["name", "cpu_times"])
        # Process 0 is the idle time on Windows; times are None if the system does not report them.
        if process.pid and (times := process.info["cpu_times"])
    }


def _usable(cores: list) -> list:
    """Return the cores that this process may run on; all of them if the system has no such limit."""
    if not hasattr(os, "sched_getaffinity"):
        return cores
    allowed = os.sched_getaffinity(0)
    return [core for number, core in enumerate(cores) if number in allowed] or cores


def _own_pids() -> set[int]:
    process = psutil.Process()
    return {process.pid, *(child.pid for child in process.children(recursive=True))}


def _top(used: dict[tuple[int, str], float], own: set[int]) -> tuple[tuple[str, float], ...]:
    by_name: Counter[str] = Counter()
    for (pid, name), share in used.items():
        if pid not in own and share:
            by_name[name] += share
    return tuple((name, s) for name, s in by_name.most_common(NAMED) if s >= 0.02)  # above noise
