"""The machine a number was taken on: what it is, how fast its memory is, and how busy it is now."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import psutil

PACKAGES = ("torch", "transformers", "llama-cpp-python", "numpy")
BUSY_CORES = 0.25  # a quarter of a core taken by others already moves a two-thread decode by 10 %
WATCH_S = 1.0  # long enough to see a busy neighbour, short enough not to be noticed
MB = 1 << 20
ARRAY_MB = 256  # several times any laptop's last-level cache
PASSES = 3  # the best of them counts: bandwidth is a limit, not an average


@dataclass(frozen=True, slots=True)
class Machine:
    """What does not change from minute to minute."""

    cpu: str
    cores: int  # physical
    threads: int  # logical
    ram_gb: float
    os: str
    instruction_sets: str  # what torch uses
    llama_cpp: str  # what llama.cpp says of its own build
    python: str
    versions: dict[str, str]

    def fingerprint(self) -> str:
        """The same on machines of one kind, whatever they are doing."""
        parts = (self.cpu, self.cores, self.threads, self.os.split()[0], self.instruction_sets)
        torch = self.versions.get("torch", "")
        return hashlib.sha256("|".join(map(str, (*parts, torch))).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Memory read by NumPy sums, in GB/s."""

    memory_gb_s: float


@dataclass(frozen=True, slots=True)
class Busy:
    """What other programs take of the machine, in cores, and what the host takes away (steal)."""

    cores_taken: float
    cores: int
    stolen: float
    load_average: float | None
    culprits: tuple[str, ...]

    @property
    def too_busy(self) -> bool:
        """True when a measurement taken now would be of the neighbours, too."""
        return self.cores_taken + self.stolen > BUSY_CORES

    def sentence(self) -> str:
        """What was seen, for people."""
        names = f" ({', '.join(self.culprits)})" if self.culprits else ""
        stolen = f", {self.stolen:.1f} by the host" if self.stolen >= 0.05 else ""
        load = f"; load average {self.load_average:.1f}" if self.load_average is not None else ""
        return f"{self.cores_taken:.1f} of {self.cores} cores are taken by other programs{names}{stolen}{load}."


@cache
def describe() -> Machine:
    """This machine. Cheap after the first call."""
    import torch
    from llama_cpp import llama_print_system_info

    return Machine(
        cpu=_cpu_name(),
        cores=psutil.cpu_count(logical=False) or 1,
        threads=psutil.cpu_count() or 1,
        ram_gb=round(psutil.virtual_memory().total / 1e9, 1),
        os=f"{platform.system()} {platform.release()} {platform.machine()}",
        instruction_sets=torch.backends.cpu.get_cpu_capability(),
        llama_cpp=llama_print_system_info().decode(errors="replace").strip(),
        python=platform.python_version(),
        versions={name: _version(name) for name in PACKAGES},
    )


def measure_bandwidth() -> Bandwidth:
    """Read an array that fits no cache, one core; takes about a second."""
    array = np.ones(ARRAY_MB * MB // 8, np.float64)
    best_s = min(_read_s(array) for _ in range(PASSES))
    return Bandwidth(memory_gb_s=round(array.nbytes / best_s / 1e9, 1))


def busy(seconds: float = WATCH_S) -> Busy:
    """Watch the machine for `seconds`; the calling process is not counted."""
    before = _process_times()
    start = psutil.cpu_times()
    # Blocks for `seconds`: psutil's own wait, not a pause of ours.
    used = psutil.cpu_percent(interval=seconds) / 100 * (psutil.cpu_count() or 1)
    after, end = _process_times(), psutil.cpu_times()
    own = after.get(os.getpid(), ("", 0.0))[1] - before.get(os.getpid(), ("", 0.0))[1]
    return Busy(
        cores_taken=max(0.0, used - own / seconds),
        cores=psutil.cpu_count(logical=False) or 1,
        stolen=max(0.0, getattr(end, "steal", 0.0) - getattr(start, "steal", 0.0)) / seconds,
        load_average=psutil.getloadavg()[0] if hasattr(psutil, "getloadavg") else None,
        culprits=_culprits(before, after, seconds),
    )


def _culprits(
    before: dict[int, tuple[str, float]], after: dict[int, tuple[str, float]], seconds: float
) -> tuple[str, ...]:
    """The three busiest other programs above 5 % of a core."""
    shares = [
        ((spent - before[pid][1]) / seconds, name)
        for pid, (name, spent) in after.items()
        if pid in before and pid != os.getpid()
    ]
    busiest = sorted((s for s in shares if s[0] > 0.05), reverse=True)[:3]
    return tuple(f"{name} {share:.0%}" for share, name in busiest)


def _process_times() -> dict[int, tuple[str, float]]:
    """pid -> name and CPU seconds spent so far."""
    times = {}
    for process in psutil.process_iter(["name", "cpu_times"]):
        spent = process.info["cpu_times"]
        if spent is not None:
            times[process.pid] = (process.info["name"] or "?", spent.user + spent.system)
    return times


def _read_s(array: np.ndarray) -> float:
    start = time.perf_counter()
    array.sum()
    return time.perf_counter() - start


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if names:
            return names[0].split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
