"""The exclusive use of a machine for timed work, also if several people grade on it.

The lock is a file that all users of the machine can open and only its owner can write: locking needs no more.
It is waited for within a limit, because any of them may hold it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import PlainError

LOCK = Path(tempfile.gettempdir()) / "under500-timed.lock"
LOCK_MODE = 0o644
WAIT_S = (
    1800.0  # three comparisons of the longest kind in front of this one, with their repetitions
)
POLL_S = 0.2


class BusyError(PlainError):
    """Other timed work did not end; the message names the lock."""


@contextmanager
def exclusive(path: Path = LOCK, wait_s: float = WAIT_S, shared: bool = False) -> Iterator[None]:
    """Wait for other timed work on this machine, and keep it waiting during the block.

    shared: let others go on that share the lock. The kernel releases it if this process dies. Raises
    BusyError after `wait_s` seconds, OSError.
    """
    descriptor = opened(path)
    try:
        _wait(descriptor, path, wait_s, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def opened(path: Path) -> int:
    """Return a descriptor to lock, which is never that of a link's target.

    An existing file is opened without O_CREAT, which Linux forbids on another user's file in a sticky folder.
    """
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT | os.O_CLOEXEC, LOCK_MODE)


def _wait(descriptor: int, path: Path, wait_s: float, kind: int) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise BusyError(
                    f"Another program has held this machine for {wait_s / 60:.0f} minutes: "
                    f"end the program that holds {path}, and grade again."
                ) from None
            threading.Event().wait(POLL_S)
