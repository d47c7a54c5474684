"""Many users of one server: a connection each, and all of them closed before the server is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.serve.client import Client


@contextmanager
def clients(client: Client) -> Iterator[Callable[[], Client]]:
    """Yields what makes another client of the same server, over the same network."""
    made: list[Client] = []

    def another() -> Client:
        made.append(Client(client.url, client.network))
        return made[-1]

    try:
        yield another
    finally:
        for one in made:
            one.close()
