"""Two ends that ask each other: silence, lies, and many at once."""

import queue
import socket
import threading

import pytest

from grader.remote.connection import RpcConnection
from grader.remote.framing import (
    Channel,
    GoneError,
    HangingError,
    Reply,
    Request,
    SpoofError,
    random_id,
)


@pytest.fixture
def connection():
    """Our end, what it was asked, and the other end, which says what a test wants it to."""
    ours, theirs = socket.socketpair()
    asked = queue.SimpleQueue()
    with ours, theirs:
        one = RpcConnection(Channel(ours), asked.put)
        one.open()
        yield one, asked, Channel(theirs)


def request():
    return Request(number=random_id(), verb="call")


def answering(channel, count=1):
    """Reply to a number of requests from the other end, the last one first."""

    def work():
        for one in reversed([channel.receive() for _ in range(count)]):
            channel.send(Reply(number=one.number, value=1, more=True))
            channel.send(Reply(number=one.number, value=2))

    threading.Thread(target=work, daemon=True).start()


def test_the_parts_of_an_answer_come_in_order(connection):
    ours, _, theirs = connection
    answering(theirs)
    assert [reply.value for reply in ours.ask(request(), 5)] == [1, 2]
    assert not ours.busy


def test_answers_find_who_asked_whatever_their_order(connection):
    ours, _, theirs = connection
    answering(theirs, count=4)
    got = queue.SimpleQueue()

    def work():
        got.put([reply.value for reply in ours.ask(request(), 5)])

    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    assert [got.get(timeout=5) for _ in range(4)] == [[1, 2]] * 4


def test_the_other_end_may_ask_meanwhile(connection):
    ours, asked, theirs = connection

    def work():
        one = theirs.receive()
        theirs.send(Request(number="7", verb="use"))
        asked.put("answered")
        theirs.send(Reply(number=one.number, value=3))

    threading.Thread(target=work, daemon=True).start()
    [reply] = ours.ask(request(), 5)
    assert reply.value == 3
    assert {getattr(asked.get(timeout=5), "number", "answered") for _ in range(2)} == {
        "7",
        "answered",
    }


def test_silence_and_half_a_frame_have_an_end(connection):
    ours, _, theirs = connection
    with pytest.raises(HangingError):
        list(ours.ask(request(), 0.01))
    theirs.socket.sendall(b"\x00\x00")
    with pytest.raises(HangingError):
        list(ours.ask(request(), 0.01))


def test_an_answer_that_comes_too_late_is_dropped(connection):
    ours, _, theirs = connection
    late = request()
    with pytest.raises(HangingError):
        list(ours.ask(late, 0.01))
    theirs.receive()
    answering(theirs)
    theirs.send(Reply(number=late.number, value="too late"))
    assert [reply.value for reply in ours.ask(request(), 5)] == [1, 2]


def test_an_answer_that_nobody_asked_for_ends_it(connection):
    ours, _, theirs = connection
    theirs.send(Reply(number="0" * 16))
    with pytest.raises(SpoofError, match="not made"):
        list(ours.ask(request(), 5))
    with pytest.raises(SpoofError):
        list(ours.ask(request(), 5))


def test_whoever_waits_hears_that_the_other_end_is_gone(connection):
    ours, _, theirs = connection

    def work():
        theirs.receive()
        theirs.socket.close()

    threading.Thread(target=work, daemon=True).start()
    with pytest.raises(GoneError):
        list(ours.ask(request(), 5))


def test_a_request_that_is_too_long_is_forgotten(connection):
    ours, _, _ = connection
    with pytest.raises(ValueError, match="at most 1,048,576"):
        list(ours.ask(Request(number="1", verb="call", arguments=["x" * 2_000_000]), 5))
    assert not ours.busy
