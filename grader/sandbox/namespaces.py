"""Linux namespaces and capabilities, as far as a jail inside a jail needs them: thin names for system calls.

Everything here raises OSError when the kernel says no. Sources: unshare(2), setns(2), mount(2), prctl(2),
capabilities(7), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

NEW_MOUNTS, NEW_IPC, NEW_PIDS = 0x00020000, 0x08000000, 0x20000000  # CLONE_NEWNS, NEWIPC, NEWPID
NO_SUID, NO_DEVICES, NO_EXEC = 2, 4, 8  # MS_NOSUID, MS_NODEV, MS_NOEXEC
BIND_ALL = (1 << 12) | (1 << 14)  # MS_BIND | MS_REC
PRIVATE_BELOW = (1 << 18) | (1 << 14)  # MS_PRIVATE | MS_REC
DROP_BOUND, PARENT_DIES = 24, 1  # PR_CAPBSET_DROP, PR_SET_PDEATHSIG
CAPABILITIES_V3 = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
MOST_CAPABILITIES = 64

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(kinds: int) -> None:
    """Leave the namespaces of `kinds` for new ones; new pids are for children only."""
    _checked(_libc.unshare(kinds))


def join(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`; pids for children only."""
    _checked(_libc.setns(fd, kind))


def mount(kind: str, at: str, flags: int, options: str = "") -> None:
    """Mount a new file system of `kind` over the folder `at`."""
    _checked(
        _libc.mount(kind.encode(), at.encode(), kind.encode(), flags, options.encode() or None)
    )


@contextmanager
def kept(place: str) -> Iterator[None]:
    """What is mounted below `place` is there again after the block has covered it up."""
    with ExitStack() as stack:
        below = {path: os.open(path, os.O_PATH) for path in _mounted_below(place)}
        for fd in below.values():
            stack.callback(os.close, fd)
        yield
        for path, fd in below.items():
            Path(path).mkdir(parents=True)
            source = f"/proc/self/fd/{fd}".encode()
            _checked(_libc.mount(source, path.encode(), None, BIND_ALL, None))


def _mounted_below(place: str) -> list[str]:
    """The topmost mount points below `place`; one that holds others brings them along."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = sorted(line.split()[4] for line in lines)
    found: list[str] = []
    for point in points:
        if point.startswith(f"{place}/") and not any(point.startswith(f"{one}/") for one in found):
            found.append(point)
    return found


def keep_mounts_private() -> None:
    """What is mounted from now on is nobody else's."""
    _checked(_libc.mount(b"none", b"/", None, PRIVATE_BELOW, None))


def drop_rights() -> None:
    """Give up every capability for good: also what a program would gain when it is started."""
    for number in range(MOST_CAPABILITIES):
        if _libc.prctl(DROP_BOUND, number, 0, 0, 0) and ctypes.get_errno():
            break  # this kernel has no more of them
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)))


def die_with_parent(signal: int) -> None:
    """Get `signal` when the parent ends."""
    _checked(_libc.prctl(PARENT_DIES, signal, 0, 0, 0))


def _checked(status: int) -> None:
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
