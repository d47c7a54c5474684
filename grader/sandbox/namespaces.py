"""System calls for Linux namespaces and capabilities, as nested sandboxes need them.

Every function raises OSError if the kernel refuses. Sources: unshare(2), setns(2), mount(2), prctl(2),
capabilities(7), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

NEW_MOUNTS, NEW_IPC, NEW_PIDS = 0x00020000, 0x08000000, 0x20000000  # CLONE_NEWNS, NEWIPC, NEWPID
NO_SUID, NO_DEVICES, NO_EXEC = 2, 4, 8  # MS_NOSUID, MS_NODEV, MS_NOEXEC
BIND_ALL = (1 << 12) | (1 << 14)  # MS_BIND | MS_REC
READ_ONLY_AGAIN = 1 | (1 << 5) | (1 << 12)  # MS_RDONLY | MS_REMOUNT | MS_BIND
PRIVATE_BELOW = (1 << 18) | (1 << 14)  # MS_PRIVATE | MS_REC
DROP_BOUND = 24  # PR_CAPBSET_DROP
SET_DUMPABLE = 4  # PR_SET_DUMPABLE
CAPABILITIES_V3 = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
MOST_CAPABILITIES = 64
ROOT = 0

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(kinds: int) -> None:
    """Move this process into new namespaces of `kinds`; a new PID namespace applies to its children only."""
    _checked(_libc.unshare(kinds))


def join(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`; a PID namespace applies to children only."""
    _checked(_libc.setns(fd, kind))


def mount(kind: str, at: str, flags: int, options: str = "") -> None:
    """Mount a new file system of `kind` over the folder `at`."""
    _checked(
        _libc.mount(kind.encode(), at.encode(), kind.encode(), flags, options.encode() or None)
    )


def make_read_only(place: str) -> None:
    """Make what is visible at `place` read-only, for root as well."""
    at = place.encode()
    _checked(_libc.mount(at, at, None, BIND_ALL, None))
    flags = READ_ONLY_AGAIN | NO_SUID | NO_DEVICES | NO_EXEC
    _checked(_libc.mount(None, at, None, flags, None))


@contextmanager
def kept(place: str) -> Iterator[None]:
    """Restore the mounts below `place` after the block has mounted something over them."""
    with ExitStack() as stack:
        below = {path: os.open(path, os.O_PATH) for path in _mounted_below(place)}
        for fd in below.values():
            stack.callback(os.close, fd)
        yield
        for path, fd in below.items():
            _point(Path(path), fd)
            source = f"/proc/self/fd/{fd}".encode()
            _checked(_libc.mount(source, path.encode(), None, BIND_ALL, None))


def _point(path: Path, fd: int) -> None:
    """Make what `fd` can be mounted over: a folder, or an empty file."""
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        path.mkdir(parents=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _mounted_below(place: str) -> list[str]:
    """Return the topmost mount points below `place`; binding one includes the mounts below it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = sorted(line.split()[4] for line in lines)
    topmost: list[str] = []
    for point in points:
        if point.startswith(f"{place}/") and not any(
            point.startswith(f"{parent}/") for parent in topmost
        ):
            topmost.append(point)
    return topmost


def keep_mounts_private() -> None:
    """Keep later mounts from propagating to other namespaces."""
    _checked(_libc.mount(b"none", b"/", None, PRIVATE_BELOW, None))


def drop_rights(user: int = ROOT) -> None:
    """Drop every capability for good, including those that a started program could gain.

    user: the user and group to become, unless it is ROOT.
    """
    for number in range(MOST_CAPABILITIES):
        if _libc.prctl(DROP_BOUND, number, 0, 0, 0) and ctypes.get_errno():
            break  # this kernel has fewer capabilities
    if user != ROOT:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _checked(_libc.prctl(SET_DUMPABLE, 0, 0, 0, 0))  # its memory is nobody else's
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)))


def allow_own_files() -> None:
    """Give this process the files of its own in /proc back, which `drop_rights` takes."""
    _checked(_libc.prctl(SET_DUMPABLE, 1, 0, 0, 0))


def _checked(status: int) -> None:
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
