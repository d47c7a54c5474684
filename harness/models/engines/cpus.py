"""The number of CPUs that this process may use: those it is bound to, within the quota of its container.

A container that is limited to two CPUs still sees all cores of its machine. With a thread for each of them,
the kernel stops them all for a part of every tenth of a second.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def usable_cpus(groups: Path = GROUPS, own_group: Path = OWN_GROUP) -> int:
    """Return the number of CPUs for this process, at least 1; a part of a CPU counts as one."""
    bound = hasattr(os, "sched_getaffinity")  # not on macOS and Windows
    cpus = len(os.sched_getaffinity(0)) if bound else os.cpu_count() or 1
    return min([cpus, *map(math.ceil, _quotas(groups, own_group))])


def _quotas(groups: Path, own_group: Path) -> Iterator[float]:
    """Yield the quota of CPUs of every control group of this process that has one."""
    for folder in _folders(groups, own_group):
        yield from _quota(folder / "cpu.max")  # version 2: quota and period in one file
    yield from _quota(*(groups / "cpu" / f"cpu.cfs_{name}_us" for name in ("quota", "period")))


def _folders(groups: Path, own_group: Path) -> list[Path]:
    """Return the folder of this process's group and of those above it; in a container that is the root."""
    lines = own_group.read_text().splitlines() if own_group.exists() else []
    own = [groups / line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    above = [folder for path in own for folder in (path, *path.parents)]
    return [groups, *(folder for folder in above if groups in folder.parents)]


def _quota(*files: Path) -> list[float]:
    """Return the quota in CPUs as a list, empty if there is none: "max" in version 2, -1 in version 1."""
    try:
        quota, period = " ".join(file.read_text() for file in files).split()
        return [int(quota) / int(period)] if int(quota) > 0 else []
    except (OSError, ValueError, ZeroDivisionError):
        return []
