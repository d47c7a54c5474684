"""Several clients of one server, with a connection each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.serve.client import Client


@contextmanager
def clients(client: Client) -> Iterator[Callable[[], Client]]:
    """Yield a function that makes another client of the same server, over the same network.

    All of them are closed at the end of the block, so that the server can stop afterwards.
    """
    opened: list[Client] = []

    def another() -> Client:
        opened.append(Client(client.url, client.network))
        return opened[-1]

    try:
        yield another
    finally:
        for user in opened:
            user.close()
