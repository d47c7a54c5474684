"""A task of the fleet as a scheduler sees it, and its answer: bytes, in both directions.

An answer is JSON. Unlike a pickle, it has no part twice, nothing that is hashed but texts, and no more depth
than Python allows.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable

from distributed import get_worker

# Of a message to the instructor's process. The answer on four notebooks in which all of 1,000 cells fail with
# the longest text has nine million. The worst text of this length takes 300 MB as JSON, and the worst message
# of Dask's 800 MB.
MOST_BYTES = 10 << 20


def packed(function: Callable[..., object], *arguments: object) -> bytes:
    """Return a call as `in_worker` takes it."""
    return pickle.dumps((function, arguments))


def written(value: object) -> bytes:
    """Return an answer of plain types as it is sent."""
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def answer(sent: object) -> object:
    """Return what a worker has answered. Raises TypeError, ValueError or RecursionError if it is not JSON."""
    if not isinstance(sent, bytes) or len(sent) > MOST_BYTES:
        raise TypeError("The answer of a worker is not bytes, or too long.")
    return json.loads(sent)


def in_worker(call: bytes) -> bytes:
    """Call the packed function in a worker's process, and return its result as JSON.

    A pickle that a scheduler or the instructor's process loads may name this function and call it. Raises
    ValueError there, because no worker runs in that process, before it unpacks anything.
    """
    get_worker()
    function, arguments = pickle.loads(call)
    return written(function(*arguments))
