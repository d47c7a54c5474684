"""The exclusive use of a machine for timed work, also if several people grade on it.

Two files are locked. One is in the user's own folder, which nobody else can enter. The other is shared by all
users of the machine, who can open it and cannot write it: any of them may hold it, so it is waited for within
a limit, and only shortly once that was in vain.
"""

from __future__ import annotations

import fcntl
import os
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from harness import store
from harness.errors import PlainError

SHARED = Path(tempfile.gettempdir())
FOLDER, TIMED = "locks", "under500-timed.lock"
LOCK_MODE, FOLDER_MODE = 0o644, 0o700
# three comparisons of the longest kind in front of this one, with their repetitions
WAIT_S = 1800.0
AGAIN_S = 60.0  # one comparison, for a lock that this process has waited for in vain
POLL_S = 0.2
_in_vain: set[Path] = set()


class BusyError(PlainError):
    """Other timed work did not end; the message names the lock."""


@contextmanager
def exclusive(name: str = TIMED, wait_s: float = WAIT_S, shared: bool = False) -> Iterator[None]:
    """Wait for other timed work on this machine, and keep it waiting during the block.

    shared: let others go on that share the lock. The kernel releases it if this process dies. Raises
    BusyError after `wait_s` seconds, OSError.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with ExitStack() as stack:
        _lock(stack, own_folder() / name, wait_s, kind)
        with suppress(OSError):  # somebody has made it unusable: then it serialises nobody
            _lock(stack, SHARED / name, wait_s, kind)
        yield


def own_folder() -> Path:
    """Return a folder of this user and machine; a home may be on several machines. Raises OSError."""
    folder = store.home() / FOLDER / platform.node()
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return folder


def _lock(stack: ExitStack, path: Path, wait_s: float, kind: int) -> None:
    """Lock a file until the stack is closed. Raises BusyError, OSError."""
    descriptor = _opened(path)
    stack.callback(os.close, descriptor)
    _wait(descriptor, path, min(wait_s, AGAIN_S) if path in _in_vain else wait_s, kind)


def _opened(path: Path) -> int:
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
        except BlockingIOError:
            if time.monotonic() >= until:
                _in_vain.add(path)
                raise BusyError(
                    f"Another program has held this machine for {wait_s / 60:.0f} minutes: end the program "
                    f"that holds {path} (`fuser -v {path}` names it), and grade again."
                ) from None
            threading.Event().wait(POLL_S)
        else:
            _in_vain.discard(path)
            return
