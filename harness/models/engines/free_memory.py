"""The memory that this process can still use, on the machine or within the limit of its container."""

from __future__ import annotations

from pathlib import Path

import psutil

CONTAINER = Path("/sys/fs/cgroup")  # a container sees its own group here (cgroup v2)
CACHED = (
    "active_file",
    "inactive_file",
)  # contents of files, which the system drops when it needs memory


def free_memory(container: Path = CONTAINER) -> int:
    """Return the free bytes: the machine's, or those of the container if they are fewer."""
    return min([psutil.virtual_memory().available, *_container_free(container)])


def _container_free(container: Path) -> list[int]:
    """Return the bytes up to the container's limit; empty if there is no limit."""
    try:
        limit = int((container / "memory.max").read_text())
        used = int((container / "memory.current").read_text())
        pairs = (line.split() for line in (container / "memory.stat").read_text().splitlines())
        cached = sum(int(value) for name, value in pairs if name in CACHED)
    except (OSError, ValueError):  # another system, or "max": no limit
        return []
    return [max(0, limit - used + cached)]
