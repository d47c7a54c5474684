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

from grader.workshop import origins
from grader.workshop.paths import Workshop
from harness.errors import WrongUseError

COUNT = 3  # the proxy's, the hub's and the board's
# The first port that does not need root, by IPv4 or IPv6, in this process's network namespace.
FIRST_FREE = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
LOCK = Path("/run/under500-ports.lock")  # each running workshop shares it


@contextmanager
def privileged(workshop: Workshop) -> Iterator[None]:
    """Leave all ports up to the workshop's last one to root.

    The setting is the machine's. Its old value returns at the end, unless another workshop still runs.
    Raises WrongUseError if it cannot be set.
    """
    needed = workshop.port + COUNT
    with _shared_lock() as lock:
        old = _first_free(needed)
        try:
            yield
        finally:
            if old < needed:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    FIRST_FREE.write_text(str(old))


@contextmanager
def _shared_lock() -> Iterator[int]:
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, mode=0o600)  # only root can hold it
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock
    finally:
        os.close(lock)


def _first_free(needed: int) -> int:
    """Raise FIRST_FREE to `needed` unless it is as high already, and return its old value."""
    try:
        old = int(FIRST_FREE.read_text())
        if old < needed:
            FIRST_FREE.write_text(str(needed))
    except OSError as error:  # also above the ports that the kernel gives out itself, from 32768 on
        raise WrongUseError(
            "The workshop's ports cannot be left to root, and a learner could answer in the hub's place: "
            f"writing {needed} to {FIRST_FREE} failed ({error.strerror}). Start a container with the setting "
            f"net.ipv4.ip_unprivileged_port_start={needed} (Docker: --sysctl); choose a --port below 30000."
        ) from error
    return old


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
