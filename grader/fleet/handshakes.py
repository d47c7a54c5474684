"""A scheduler's port that strangers cannot fill: who does not identify itself quickly is disconnected."""

from __future__ import annotations

import asyncio
import resource
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from distributed.comm.registry import backends
from distributed.comm.tcp import TLSBackend, TLSListener

HANDSHAKE_S = 10.0  # a handshake takes milliseconds, and on a very busy machine a second
# Connections of one address without a finished handshake. A fleet's largest machine starts fewer at once.
MOST_WAITING = 128
OPEN_FILES = 65_536  # many addresses with MOST_WAITING each, beside the fleet


class Listener(TLSListener):
    """Dask's listener, with limits on connections whose handshake is not finished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[str, deque[Any]] = defaultdict(deque)

    async def _prepare_stream(self, stream: Any, address: str) -> Any:
        """Return the stream after the handshake, or None if there was none in time."""
        host = address.rpartition(":")[0]
        waiting = self.waiting[host]
        waiting.append(stream)
        if len(waiting) > MOST_WAITING:
            waiting.popleft().close()  # the oldest: one with the key does not wait for long
        try:
            return await asyncio.wait_for(super()._prepare_stream(stream, address), HANDSHAKE_S)
        except TimeoutError:
            stream.close()
            return None
        finally:
            with suppress(ValueError):  # it has made room for another
                waiting.remove(stream)
            if not waiting and self.waiting.get(host) is waiting:
                del self.waiting[host]


class _Backend(TLSBackend):
    """Dask's TLS, with this listener."""

    _listener_class = Listener


@contextmanager
def guarded() -> Iterator[None]:
    """Use this listener during the block, in a process that may have OPEN_FILES if the system allows it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    with suppress(ValueError, OSError):  # macOS allows less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    before, backends["tls"] = backends["tls"], _Backend()
    try:
        yield
    finally:
        backends["tls"] = before
