"""The WAN emulator: a TCP relay that adds latency. It contains the only sleep in the project.

A byte sent at time t arrives at t + rtt/2. The first bytes of a connection wait one round trip longer, for
the TCP handshake over a real distance (on the loopback device it is instant).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

MS = 1e-3
READ_BYTES = 65536


@asynccontextmanager
async def wan(host: str, server_port: int, rtt_ms: float) -> AsyncIterator[int]:
    """Relay to `server_port` with a round-trip time of `rtt_ms`; yields the port to connect to."""

    relays: set[asyncio.Task] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.create_task(_relay(reader, writer, host, server_port, rtt_ms * MS))
        relays.add(relay)
        relay.add_done_callback(relays.discard)

    server = await asyncio.start_server(connected, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for relay in relays:
            relay.cancel()
        # The event loop must not close before its tasks have ended.
        await asyncio.gather(*relays, return_exceptions=True)


async def _relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    rtt_s: float,
) -> None:
    established = asyncio.get_running_loop().time() + rtt_s
    with closing(writer):
        try:
            inner_reader, inner_writer = await asyncio.open_connection(host, port)
            with closing(inner_writer):
                async with asyncio.TaskGroup() as directions:
                    directions.create_task(_carry(reader, inner_writer, rtt_s / 2, established))
                    directions.create_task(_carry(inner_reader, writer, rtt_s / 2, established))
        except* OSError:
            pass  # one side closed the connection: close the other


async def _carry(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    one_way_s: float,
    established: float,
) -> None:
    """Copy bytes from `source` to `target`, each read delivered `one_way_s` after it was sent."""
    loop = asyncio.get_running_loop()
    underway: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def receive() -> None:
        while data := await source.read(READ_BYTES):
            await underway.put((max(loop.time(), established) + one_way_s, data))
        await underway.put((loop.time() + one_way_s, b""))

    async with asyncio.TaskGroup() as tasks:  # an error of the receiving task ends this one, too
        tasks.create_task(receive())
        while True:
            due, data = await underway.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            target.write(data)
            await target.drain()
        target.write_eof()
