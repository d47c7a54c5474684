"""Ports of a class's proxy, hub and board: only root can open them, also while such a program is down.

Whoever answers on the proxy's port in its place receives passwords.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from grader.workshop import origins
from grader.workshop.paths import Workshop
from harness.errors import WrongUseError

COUNT = 3  # the proxy's, the hub's and the board's
# The first port that does not need root, by IPv4 or IPv6, in this process's network namespace.
FIRST_FREE = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
LOCK = Path("/run/under500-ports.lock")  # each running workshop shares it
DIGITS = 5  # of a port
LOOK_S = 1.0  # between looks at the setting; meanwhile, the hub and its proxy have their ports


@contextmanager
def privileged(workshop: Workshop) -> Iterator[int]:
    """Leave all ports up to the workshop's last one to root, and yield the lock's descriptor.

    The setting is the machine's. The value from before the first workshop returns with the end of the last. A
    hub inherits the lock, so that it keeps its ports after its start was killed.
    Raises WrongUseError if it cannot be set.
    """
    needed = workshop.port + COUNT
    with _shared_lock() as lock:
        _set(needed, lock)
        try:
            with _watched(needed, lock):
                yield lock
        finally:
            with suppress(BlockingIOError):  # another workshop has the lock, too
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _restore(lock)


@contextmanager
def _watched(needed: int, lock: int) -> Iterator[None]:
    """Raise FIRST_FREE again whenever it is lowered, as by a workshop in a container with this network."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            with suppress(WrongUseError):  # there is nobody to tell
                _set(needed, lock)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _shared_lock() -> Iterator[int]:
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, mode=0o600)  # only root can hold it
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock
    finally:
        os.close(lock)


def _set(needed: int, lock: int) -> None:
    """Raise FIRST_FREE to `needed` unless it is as high already.

    The lock's file keeps the lowest value that a running workshop has found, or one that was killed.
    """
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX)  # for a moment, beside the lock that is held
        old = int(FIRST_FREE.read_text())
        if old < needed:
            first = min(old, _kept(lock, old))
            os.pwrite(lock, f"{first:<{DIGITS}}".encode(), 0)
            FIRST_FREE.write_text(str(needed))
    except OSError as error:  # also above the ports that the kernel gives out itself, from 32768 on
        raise WrongUseError(
            "The workshop's ports cannot be left to root, and a learner could answer in the hub's place: "
            f"writing {needed} to {FIRST_FREE} failed ({error.strerror}). Start a container with the setting "
            f"net.ipv4.ip_unprivileged_port_start={needed} (Docker: --sysctl); choose a --port below 30000."
        ) from error
    finally:
        fcntl.lockf(lock, fcntl.LOCK_UN)


def _kept(lock: int, otherwise: int) -> int:
    return int(os.pread(lock, DIGITS, 0) or otherwise)


def _restore(lock: int) -> None:
    if (first := _kept(lock, -1)) >= 0:
        FIRST_FREE.write_text(str(first))
        os.ftruncate(lock, 0)


@contextmanager
def reserved(workshop: Workshop) -> Iterator[None]:
    """Keep the workshop's ports of the address ::1 closed to everybody else.

    The hub listens on 127.0.0.1 only, and a tunnel or a browser that is told `localhost` asks ::1 first: a
    learner who listens there would receive passwords. Raises WrongUseError if somebody does already.
    """
    with ExitStack() as held:
        for port in range(workshop.port, workshop.port + COUNT) if _only_here(workshop) else ():
            one = held.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
            try:
                one.bind(("::1", port))  # without listening: whoever connects is refused
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise WrongUseError(
                        f"Another program has the port {port} of the address ::1, where it would receive "
                        "what people send to the workshop: stop it, or choose another --port."
                    ) from error
                # a machine without IPv6: there is nothing to reserve
        yield


def _only_here(workshop: Workshop) -> bool:
    return socket.has_ipv6 and origins.listens_on(workshop) == origins.LOOPBACK
