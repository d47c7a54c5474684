"""Frames: limits, deadlines, and what is not one."""

import json
import socket
import struct

import pytest

from grader.wire import (
    MOST_BYTES,
    Channel,
    GoneError,
    HangingError,
    Reply,
    Request,
    SpoofError,
    number,
)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), Channel(theirs)


def framed(data):
    return struct.pack(">I", len(data)) + data


def test_a_frame_arrives_as_it_was_sent(ends):
    ours, theirs = ends
    request = Request(number=number(), verb="call", far=3, arguments=[{"$set": [1]}], limit_s=2)
    ours.send(request)
    assert theirs.receive(Request, 5) == request


def test_frames_that_are_too_long_are_not_even_read(ends):
    ours, theirs = ends
    with pytest.raises(ValueError, match="more than"):
        theirs.send(Reply(number="1", value="x" * MOST_BYTES))
    theirs.socket.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(SpoofError, match=r"4,294,967,295 bytes"):
        ours.receive(Reply, 5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"points: 100",
        b"[" * 100_000,
        b"\x80\x04\x95",  # how a pickle begins
        json.dumps({"number": "1", "points": 100}).encode(),
        json.dumps({"number": 1}).encode(),
        json.dumps({"number": "1", "failure": {"kinds": ["X"] * 99, "text": ""}}).encode(),
        json.dumps({"number": "1", "failure": {"kinds": [], "text": "x" * 9999}}).encode(),
    ],
)
def test_what_is_no_message_is_refused(ends, data):
    ours, theirs = ends
    theirs.socket.sendall(framed(data))
    with pytest.raises(SpoofError):
        ours.receive(Reply, 5)


def test_silence_and_half_a_frame_have_an_end(ends):
    ours, theirs = ends
    with pytest.raises(HangingError):
        ours.receive(Reply, 0.01)
    theirs.socket.sendall(b"\x00\x00")
    with pytest.raises(HangingError):
        ours.receive(Reply, 0.01)
    with pytest.raises(HangingError):
        ours.receive(Reply, -1)


def test_an_end_that_is_gone_is_named(ends):
    ours, theirs = ends
    theirs.socket.close()
    with pytest.raises(GoneError):
        ours.receive(Reply, 5)
    with pytest.raises(GoneError):
        ours.send(Reply(number="1"))
        ours.send(Reply(number="2"))


def test_who_does_not_read_does_not_block_the_referee(ends):
    ours, _ = ends
    with pytest.raises(HangingError):
        for _ in range(100):
            ours.send(Reply(number="1", value="x" * 100_000), within_s=0.01)


def test_numbers_do_not_repeat():
    assert len({number() for _ in range(1000)}) == 1000
