"""A control group (cgroup v2) that holds one submission's processes: the kernel stops, counts and ends them.

No process of a jail can leave it or wake another one in it. A group is used wherever the grader may create
one below its own: as root, in a container, or in a scope that systemd has delegated
(`systemd-run --user --scope -p Delegate=yes under500 grade`). Where the controllers `memory` and `pids` are
enabled, the kernel enforces these limits too, shared memory included.
"""

from __future__ import annotations

import errno
import itertools
import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from grader.sandbox.limits import Limits

CONTROLLERS = ("memory", "pids")
REFEREE = "under500-referee"  # the group of graders, beside those of learners
OVERHEAD = 8  # processes of the jail itself: bubblewrap's and the guard
# of the files of a group that has been removed, before and after they were opened
GONE = (errno.ENOENT, errno.ENODEV)
LEAVE_S = 1.0  # for killed processes to disappear
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """A control group of our own. Its methods raise OSError if the kernel refuses."""

    folder: Path

    def add(self, pid: int) -> None:
        """Move a process into the group; what it starts later is in it, too."""
        with suppress(ProcessLookupError):  # it has ended
            self._write("cgroup.procs", str(pid))

    def holds(self, pid: int) -> bool:
        """Return whether a process is in the group, or has ended; the kernel moves no zombie."""
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            return _own(Path(f"/proc/{pid}/cgroup").read_text()).endswith(f"/{self.folder.name}")
        except OSError:
            return True

    def limit(self, limits: Limits) -> None:
        """Apply the limits that the enabled controllers can enforce."""
        wanted = {
            "memory.max": limits.memory,
            "memory.swap.max": 0,
            "memory.oom.group": 1,  # all of a submission, or nothing
            "pids.max": limits.threads + OVERHEAD,  # the kernel counts every thread
        }
        for name, value in wanted.items():
            if (self.folder / name).exists():
                self._write(name, str(value))

    def freeze(self, within_s: float) -> bool:
        """Stop all processes; return whether all have stopped or ended within `within_s` seconds."""
        try:
            self._write("cgroup.freeze", "1")
            return self._until("frozen 1", within_s)
        except OSError as error:
            if error.errno in GONE:  # another thread has ended them, maybe between these lines
                return True
            raise

    def thaw(self) -> None:
        """Resume all processes."""
        self._write("cgroup.freeze", "0")

    def cpu_s(self) -> float:
        """Return the CPU time of all processes that ever were in the group, in seconds."""
        return self._counts("cpu.stat")["usage_usec"] / 1e6

    def out_of_memory(self) -> bool:
        """Return whether the kernel ended a process because the group had used up its memory."""
        with suppress(OSError, KeyError):  # without the controller, or gone meanwhile
            return bool(self._counts("memory.events")["oom_kill"])
        return False

    def end(self) -> None:
        """Kill all processes and remove the group."""
        with suppress(OSError):  # it has been removed, or a process is stuck in the kernel
            self._write("cgroup.kill", "1")
            self._until("populated 0", LEAVE_S)
            self.folder.rmdir()

    def _until(self, event: str, within_s: float) -> bool:
        """Wait until the kernel says `event` of this group; return whether it did within `within_s`."""
        until = time.monotonic() + within_s
        with (self.folder / "cgroup.events").open() as events:
            changed = select.poll()
            changed.register(events, select.POLLPRI)
            while event not in events.read():
                if (left_s := until - time.monotonic()) <= 0:
                    return False
                changed.poll(1e3 * left_s)
                events.seek(0)
        return True

    def _counts(self, name: str) -> dict[str, int]:
        lines = (self.folder / name).read_text().splitlines()
        return {key: int(value) for key, value in map(str.split, lines)}

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


def new_group(limits: Limits) -> ControlGroup | None:
    """Return a new, empty group with these limits, or None where none can be made."""
    if (base := _base()) is None:
        return None
    group = ControlGroup(base / f"under500-{os.getpid()}-{next(_numbers)}")
    try:
        group.folder.mkdir()
        group.limit(limits)
        usable = all((group.folder / name).exists() for name in ("cgroup.freeze", "cgroup.kill"))
    except OSError:  # not ours to make
        usable = False
    if usable:
        return group
    with suppress(OSError):  # a kernel before 5.14
        group.folder.rmdir()
    return None


@cache
def _base() -> Path | None:
    """Return the folder of this process's own group, with controllers if it can have them."""
    try:
        own = _own(Path("/proc/self/cgroup").read_text())
        [top] = _mounted(Path("/proc/self/mountinfo").read_text())
    except (OSError, ValueError):
        return None
    base = Path(top) / own.lstrip("/")
    base = base.parent if base.name == REFEREE else base  # another grader has made it
    with suppress(OSError):
        _enable(base)
    return base if os.access(base, os.W_OK) else None


def _own(groups: str) -> str:
    [path] = [line.split(":", 2)[2] for line in groups.splitlines() if line.startswith("0::")]
    return path


def _mounted(mounts: str) -> list[str]:
    fields = [line.split() for line in mounts.splitlines()]
    return [found[4] for found in fields if found[found.index("-") + 1] == "cgroup2"][:1]


def _enable(base: Path) -> None:
    """Enable the controllers for groups below `base`. Raises OSError.

    A group with controllers below it may hold no process. If only this process and its children are in it,
    they move into one beside the learners'.
    """
    ready = (base / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in CONTROLLERS if name in ready)
    with suppress(OSError):
        (base / "cgroup.subtree_control").write_text(wanted)
        return
    inside = set(map(int, (base / "cgroup.procs").read_text().split()))
    own = psutil.Process()
    if inside <= {own.pid, *(child.pid for child in own.children(recursive=True))}:
        (base / REFEREE).mkdir(exist_ok=True)
        for pid in inside:
            (base / REFEREE / "cgroup.procs").write_text(str(pid))
        (base / "cgroup.subtree_control").write_text(wanted)
