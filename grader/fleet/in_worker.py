"""A task of the fleet as a scheduler sees it: bytes, and a function that does nothing outside of a worker."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from distributed import get_worker


def packed(function: Callable[..., object], *arguments: object) -> bytes:
    """Return a call as `in_worker` takes it."""
    return pickle.dumps((function, arguments))


def in_worker(call: bytes) -> object:
    """Call the packed function in a worker's process, and return its result.

    A pickle that a scheduler or the instructor's process loads may name this function and call it. Raises
    ValueError there, because no worker runs in that process, before it unpacks anything.
    """
    get_worker()
    function, arguments = pickle.loads(call)
    return function(*arguments)
