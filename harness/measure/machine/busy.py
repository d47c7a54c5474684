"""CPU use by other programs, and whether it is too high to measure reliably."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

SAMPLE_S = 1.0  # 100 ticks of Linux's CPU clock, so that shares are exact to one percent
# Measured with two-thread matrix products on 2 cores (torch, a shared EPYC) while another program used
# 0.1, 0.3, 0.5 and 1 core: they took 1.1, 1.2, 1.4 and 3 times as long, because threads wait for the
# slowest of them. From 0.3 cores on, the error reaches the 20 % that a calibrated stage may be off.
QUIET_CORES = 0.3
QUIET_SHARE = 0.1  # of a larger machine, whose threads seldom need every core at once
# The clocks of a core that add up to its time; a guest's is part of user, and an interrupt's of system on
# Windows.
CLOCKS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The CPU clocks at one time: of each usable core, and the seconds used by each (pid, name)."""

    at_s: float
    cores: list
    processes: dict[tuple[int, str], float]


def busy(seconds: float = SAMPLE_S) -> Busy:
    """Watch the machine for `seconds`; this process and its children do not count as others."""
    before = snapshot()
    threading.Event().wait(seconds)
    return since(before)


def snapshot() -> Snapshot:
    """Return the CPU clocks now; takes some 10 ms."""
    return Snapshot(time.perf_counter(), _usable(psutil.cpu_times(percpu=True)), _cpu_seconds())


def since(before: Snapshot) -> Busy:
    """Return the CPU use since `before`; this process and its children do not count as others."""
    now = snapshot()
    elapsed = max(now.at_s - before.at_s, 1e-9)
    # By number alone: a kernel's worker changes its name with its work.
    earlier = {pid: seconds for (pid, _), seconds in before.processes.items()}
    used = {
        (pid, name): max(0.0, seconds - earlier.get(pid, 0.0)) / elapsed
        for (pid, name), seconds in now.processes.items()
    }
    own = _own_pids()
    own_share = sum(share for (pid, _), share in used.items() if pid in own)
    shares = [_shares(*pair) for pair in zip(before.cores, now.cores, strict=True)]
    in_use, steal = (sum(column) for column in zip(*shares, strict=True))
    return Busy(len(shares), max(0.0, in_use - own_share), steal, _top(used, own))


def _shares(before: tuple, after: tuple) -> tuple[float, float]:
    """Return the shares of a core's time in use and withheld by the host."""
    passed = {
        name: max(0.0, getattr(after, name) - getattr(before, name))
        for name in CLOCKS
        if hasattr(after, name)
    }  # no system has all of them
    total = sum(passed.values()) or 1.0
    steal = passed.get("steal", 0.0)
    waiting = passed["idle"] + passed.get("iowait", 0.0) + steal
    return (total - waiting) / total if any(passed.values()) else 0.0, steal / total


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


def beside(loads: Sequence[Busy]) -> str:
    """Return which programs used the machine in the first load that is too high; "" if none is."""
    return next((load.sentence() for load in loads if load.too_busy), "")


def beside_note(load: str) -> str:
    """Return a sentence about other programs, with a space before it; "" on a quiet machine."""
    return f" Measured beside other programs, so the times are too long: {load}" if load else ""
