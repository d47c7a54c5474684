"""Connections without a key do not keep a scheduler from those with one."""

import asyncio
import resource

import pytest
from distributed.comm.core import connect, listen
from distributed.comm.registry import backends
from distributed.comm.tcp import TLSListener

from grader.fleet import handshakes, tls

SECURITY = tls.of_secret(b"the secret of this class, 32 bytes")


async def strangers(address, number):
    host, port = address.removeprefix("tls://").rsplit(":", 1)
    return [await asyncio.open_connection(host, int(port)) for _ in range(number)]


async def ended(connections):
    """Wait until the other side has closed these connections."""
    for reader, writer in connections:
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def answered(address):
    """Connect with the key and return the answer to a message."""
    arguments = SECURITY.get_connection_args("client")
    comm = await connect(address, timeout=20, **arguments)
    await comm.write("question")
    answer = await comm.read()
    await comm.close()
    return answer


async def answer(comm):
    await comm.read()
    await comm.write("answer")


def served(scenario):
    """Run a scenario with the address of a listener."""

    async def run():
        with handshakes.guarded():
            arguments = SECURITY.get_listen_args("scheduler")
            async with listen("tls://127.0.0.1:0", answer, **arguments) as port:
                await scenario(port.contact_address)

    asyncio.run(run())


@pytest.mark.timeout(60)
def test_the_oldest_of_an_addresss_silent_connections_makes_room(monkeypatch):
    monkeypatch.setattr(handshakes, "MOST_WAITING", 3)

    async def scenario(address):
        silent = await strangers(address, 8)
        await ended(silent[:5])
        assert await answered(address) == "answer"
        for _, writer in silent[5:]:
            writer.close()

    served(scenario)


@pytest.mark.timeout(60)
def test_a_silent_connection_is_closed(monkeypatch):
    monkeypatch.setattr(handshakes, "HANDSHAKE_S", 0.0)

    async def scenario(address):
        await ended(await strangers(address, 3))

    served(scenario)


def test_the_listener_is_dasks_again_afterwards():
    with handshakes.guarded():
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == hard or soft >= handshakes.OPEN_FILES
    assert backends["tls"]._listener_class is TLSListener
