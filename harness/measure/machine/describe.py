"""The machine that measurements come from: hardware, versions, memory bandwidth and load.

A number without its machine cannot be compared. `describe()` reads what the system reports,
`measure_bandwidth()` measures for about a second, and `busy()` watches the load for another second.
"""

from __future__ import annotations

import hashlib
import math
import platform
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil

from harness.measure.machine.busy import Busy, busy
from harness.models.engines.cpus import usable_cpus

__all__ = ["Bandwidth", "Busy", "Machine", "busy", "describe", "measure_bandwidth", "usable_cores"]

LIBRARIES = {  # the libraries that decide how fast a model runs: name shown -> name of the distribution
    "torch": "torch",
    "transformers": "transformers",
    "llama_cpp": "llama-cpp-python",
    "numpy": "numpy",
}
# The features reported by llama.cpp that change a kernel or its threads.
RELEVANT_FEATURES = {
    *("AVX", "AVX2", "AVX_VNNI", "AVX512", "AVX512_VNNI", "AVX512_BF16", "AMX_INT8", "FMA", "F16C"),
    *("NEON", "DOTPROD", "MATMUL_INT8", "SVE", "SME", "FP16_VA"),
    *("LLAMAFILE", "OPENMP", "REPACK", "ACCELERATE"),
}
MIB, GIB = 2**20, 2**30
ARRAY_MIB = 256  # 8 times the L3 cache of a common laptop, so that reads go to memory
ARRAY_MIB_PER_CORE = 16  # servers have 4 to 12 MiB of L3 a core
READ_S = 0.3  # 30 passes at 25 GB/s: enough for one that no other program disturbs


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Memory read bandwidth in GB/s (10**9 bytes): of all cores together, and of one."""

    bandwidth_all_cores_gbs: float
    bandwidth_one_core_gbs: float


@dataclass(frozen=True, slots=True)
class Machine:
    """The description of a machine that is kept with each measurement.

    physical_cores, logical_cores: those that this process may use. ram_gb: GiB. torch_instructions: the
    widest vector instructions that torch uses. llama_instructions: those that this build of llama.cpp
    uses. load_average: over 1, 5 and 15 minutes. The bandwidths are None until `measure_bandwidth()`
    provides them.
    """

    cpu: str
    physical_cores: int
    logical_cores: int
    ram_gb: float
    gpu: str
    torch_instructions: str
    llama_instructions: tuple[str, ...]
    load_average: tuple[float, float, float]
    versions: dict[str, str]
    bandwidth_all_cores_gbs: float | None = None
    bandwidth_one_core_gbs: float | None = None

    def fingerprint(self) -> str:
        """Return 12 hex digits for the kind of machine, independent of load, speed and versions."""
        instructions = (self.torch_instructions, *self.llama_instructions)
        # RAM is rounded up: systems report a little less than is installed, and kernels differ in how much.
        cores = (str(self.physical_cores), str(self.logical_cores), str(math.ceil(self.ram_gb)))
        system = (platform.system(), platform.machine())
        kind = "|".join((self.cpu, *cores, self.gpu, *instructions, *system))
        return hashlib.sha256(kind.encode()).hexdigest()[:12]

    def sentence(self) -> str:
        """Return the machine on one line, for the top of a notebook."""
        libraries = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        gpu = f", {self.gpu}" if self.gpu else ""
        cores = f"{self.physical_cores} cores ({self.logical_cores} threads)"
        return f"{self.cpu}{gpu}: {cores}, {self.ram_gb:.0f} GB RAM; {libraries}."


def describe() -> Machine:
    """Describe this machine without measuring anything; takes about 2 s if torch is not imported yet."""
    instructions, gpu = _torch()
    return Machine(
        cpu=_cpu(),
        physical_cores=usable_cores(),
        logical_cores=usable_cpus(),
        ram_gb=round(psutil.virtual_memory().total / GIB, 1),
        gpu=gpu,
        torch_instructions=instructions,
        llama_instructions=_llama(),
        load_average=tuple(round(load, 2) for load in psutil.getloadavg()),
        versions=_versions(),
    )


def measure_bandwidth(seconds: float = READ_S, size: int | None = None) -> Bandwidth:
    """Return the best of all passes over an array.

    seconds: time spent on all cores together, and again on one. size: bytes of the array; by default it is
    larger than L3. A smaller one is partly read from the cache, as are the weights of a model of that size.
    """
    cores = usable_cpus()
    preferred = size or max(ARRAY_MIB, ARRAY_MIB_PER_CORE * cores) * MIB
    size = min(preferred, psutil.virtual_memory().available // 8)
    array = np.ones(size // 4, dtype=np.float32)
    return Bandwidth(_read_gbs(array, cores, seconds), _read_gbs(array, 1, seconds))


def usable_cores() -> int:
    """Return the number of physical cores that this process may use."""
    logical = usable_cpus()
    return min(psutil.cpu_count(logical=False) or logical, logical)


def _read_gbs(array: np.ndarray, threads: int, seconds: float) -> float:
    """Return the GB/s of `threads` threads that read a part of `array` each.

    They compute `max` because NumPy vectorises it best (`sum` is bound by its additions) and releases the
    GIL.
    """
    shares = np.array_split(array, threads)
    best_s, end = float("inf"), time.perf_counter() + seconds
    with ThreadPoolExecutor(threads) as pool:
        while time.perf_counter() < end:
            started = time.perf_counter()
            list(pool.map(np.max, shares))
            best_s = min(best_s, time.perf_counter() - started)
    return round(array.nbytes / best_s / 1e9, 1)


@cache
def _torch() -> tuple[str, str]:
    """Return the vector instructions that torch uses, and the name of its GPU or ""."""
    try:
        import torch
    except (ImportError, OSError):  # OSError: torch is installed, but a library of it is missing
        return "", ""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    gpu = "Apple GPU" if not gpu and torch.backends.mps.is_available() else gpu
    return torch.backends.cpu.get_cpu_capability(), gpu


@cache
def _llama() -> tuple[str, ...]:
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError):  # RuntimeError: it cannot load its shared library
        return ()
    return _features(llama_cpp.llama_print_system_info().decode())


def _features(system_info: str) -> tuple[str, ...]:
    """Return the relevant features of "CPU : AVX2 = 1 | FMA = 0 | ...", sorted."""
    present = set(re.findall(r"(\w+) = 1\b", system_info))
    return tuple(sorted(present & RELEVANT_FEATURES))


def _versions() -> dict[str, str]:
    system = f"{platform.system()} {platform.release()}"
    libraries = {name: _version(package) for name, package in LIBRARIES.items()}
    return {"os": system, "python": platform.python_version(), **libraries}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    """Return the processor's name as its maker writes it, or its architecture if that is unknown."""
    try:
        name = _cpu_name()
    except (OSError, subprocess.SubprocessError):
        name = ""
    return name or platform.processor() or platform.machine()


def _cpu_name() -> str:
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.check_output(command, text=True, timeout=5).strip()
    if sys.platform == "win32":
        import winreg

        key = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return winreg.QueryValueEx(opened, "ProcessorNameString")[0].strip()
    match = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return match[1].strip() if match else ""
