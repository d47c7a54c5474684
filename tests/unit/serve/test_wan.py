"""The relay passes bytes unchanged and leaves no task or connection behind."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

import pytest

from harness.serve.wan import wan

HOST = "127.0.0.1"


@asynccontextmanager
async def served(answer):
    """Run a server with the connection handler `answer`; yields its port."""
    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def reset(reader, writer):
    """Reset the connection, as a killed process does."""
    await reader.read(100)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


async def others():
    """Return all other tasks of the loop."""
    await asyncio.sleep(0)
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.fixture
def complaints():
    """Return a function that runs a test and returns the errors that reached the event loop's handler."""
    said = []

    def run(work):
        async def listening():
            asyncio.get_running_loop().set_exception_handler(lambda _, about: said.append(about))
            return await asyncio.wait_for(work(), 10)

        asyncio.run(listening())
        return said

    return run


def test_bytes_come_back_in_order_and_the_end_is_passed_on(complaints):
    async def work():
        async with served(echo) as port, wan(HOST, port, 1.0) as far:
            reader, writer = await asyncio.open_connection(HOST, far)
            for part in (b"one ", b"two ", b"three"):
                writer.write(part)
            writer.write_eof()
            assert await reader.read(-1) == b"one two three"
            writer.close()

    assert complaints(work) == []


def test_a_connection_that_is_still_open_ends_with_the_relay(complaints):
    async def work():
        async with served(echo) as port:
            before = await others()
            async with wan(HOST, port, 1.0) as far:
                reader, writer = await asyncio.open_connection(HOST, far)
                writer.write(b"hello")
                assert await reader.read(100) == b"hello"
            assert await reader.read(100) == b""
            writer.close()
            left = {task.get_coro().__qualname__ for task in await others() - before}
            assert not {name for name in left if name.startswith(("_relay", "_carry", "wan"))}

    assert complaints(work) == []


def test_a_server_that_hangs_up_ends_its_connection(complaints):
    async def work():
        async with served(reset) as port, wan(HOST, port, 1.0) as far:
            reader, writer = await asyncio.open_connection(HOST, far)
            writer.write(b"hello")
            assert await reader.read(100) == b""
            writer.close()

    assert complaints(work) == []


def test_no_server_at_all_ends_it_too(complaints):
    async def work():
        async with served(echo) as port:
            pass
        async with wan(HOST, port, 1.0) as far:
            reader, writer = await asyncio.open_connection(HOST, far)
            assert await reader.read(100) == b""
            writer.close()

    assert complaints(work) == []
