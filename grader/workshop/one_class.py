"""A lock on a workshop's folder while its class runs: a second start would end everybody's servers."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from grader.workshop.paths import Workshop
from harness.errors import WrongUseError


@contextmanager
def alone(workshop: Workshop) -> Iterator[int]:
    """Keep the folder for one class, and yield the lock's descriptor, which a hub inherits.

    The folder that is locked can be opened by root only. Raises WrongUseError if a class runs in it.
    """
    lock = os.open(workshop.hub, os.O_RDONLY)
    try:
        _lock(workshop, lock)
        yield lock
    finally:
        os.close(lock)


def _lock(workshop: Workshop, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WrongUseError(
            f"A class runs in {workshop.root} already: stop it first, with Ctrl-C in its terminal. If its "
            "`under500 workshop start` was killed, end its process `jupyterhub`."
        ) from error


def require_stopped(workshop: Workshop) -> None:
    """Raise WrongUseError if a class runs in the workshop's folder."""
    if workshop.hub.is_dir():
        with alone(workshop):
            pass
