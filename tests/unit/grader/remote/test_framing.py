"""Frames: limits, and what is not one."""

import json
import signal
import socket
import struct
import threading
import time

import pytest

from grader.exercise.time_and_output import OutOfTimeError, alarm
from grader.remote import framing
from grader.remote.framing import (
    MOST_BYTES,
    Channel,
    GoneError,
    HangingError,
    Reply,
    Request,
    SpoofError,
    random_id,
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
    request = Request(
        number=random_id(), verb="call", object_id=3, arguments=[{"$set": [1]}], limit_s=2
    )
    ours.send(request)
    assert theirs.receive() == request
    reply = Reply(number="1", value=[None], more=True, changed={2: [1]})
    theirs.send(reply)
    assert ours.receive() == reply


def test_frames_that_are_too_long_are_not_even_read(ends):
    ours, theirs = ends
    with pytest.raises(ValueError, match="at most 1,048,576"):
        theirs.send(Reply(number="1", value="x" * MOST_BYTES))
    theirs.socket.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(SpoofError, match=r"4,294,967,295 bytes"):
        ours.receive()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"points: 100",
        b"[" * 100_000,
        b"\x80\x04\x95",  # how a pickle begins
        json.dumps({"kind": "reply", "number": "1", "points": 100}).encode(),
        json.dumps({"kind": "reply", "number": 1}).encode(),
        json.dumps({"kind": "points", "number": "1"}).encode(),
        json.dumps({"number": "1"}).encode(),
        json.dumps(
            {"kind": "reply", "number": "1", "failure": {"kinds": ["X"] * 99, "text": ""}}
        ).encode(),
        json.dumps(
            {"kind": "reply", "number": "1", "failure": {"kinds": [], "text": "x" * 9999}}
        ).encode(),
    ],
)
def test_what_is_no_message_is_refused(ends, data):
    ours, theirs = ends
    theirs.socket.sendall(framed(data))
    with pytest.raises(SpoofError):
        ours.receive()


def test_an_end_that_is_gone_is_named(ends):
    ours, theirs = ends
    theirs.socket.close()
    with pytest.raises(GoneError):
        ours.receive()
    with pytest.raises(GoneError):
        ours.send(Reply(number="1"))
        ours.send(Reply(number="2"))


def test_who_does_not_read_does_not_block_the_referee(monkeypatch):
    monkeypatch.setattr(framing, "SEND_S", 0.05)
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(HangingError):
        channel = Channel(ours)
        for _ in range(100):
            channel.send(Reply(number="1", value="x" * 100_000))


def test_who_has_not_read_one_frame_gets_no_other(monkeypatch):
    monkeypatch.setattr(framing, "SEND_S", 0.05)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours)
        with pytest.raises(HangingError):
            channel.send(Reply(number="1", value="x" * 1_000_000))
        theirs.recv(1 << 20)  # there would be room now, after a part of the first one
        with pytest.raises(HangingError):
            channel.send(Reply(number="2"))


def test_numbers_do_not_repeat():
    assert len({random_id() for _ in range(1000)}) == 1000


def test_an_alarm_while_a_frame_is_sent_is_no_end_of_the_channel(ends, monkeypatch):
    """It comes after the whole frame, as what it raises: a TimeoutError, which is an OSError, too."""

    def ring(*_):
        raise TimeoutError("It was not done after 3 s.")

    monkeypatch.setattr(ends[0], "socket", _Ringing(ends[0].socket))
    before = signal.signal(signal.SIGALRM, ring)
    try:
        with pytest.raises(TimeoutError, match="after 3 s"):
            ends[0].send(Reply(number="1"))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert ends[1].receive() == Reply(number="1")
    assert signal.SIGALRM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


class _Ringing:
    """A socket that an alarm goes off in."""

    def __init__(self, real):
        self.real = real

    def sendall(self, data):
        signal.raise_signal(signal.SIGALRM)
        self.real.sendall(data)


def test_an_alarm_that_another_thread_receives_waits_for_the_end_of_the_frame():
    until = threading.Event()

    def run():  # it does not block SIGALRM, and asks the main thread for the interpreter
        while not until.is_set():
            pass

    other = threading.Thread(target=run)
    other.start()
    written = False
    try:
        with pytest.raises(OutOfTimeError), alarm(0.05):
            with framing.alarms_blocked():
                since = time.monotonic()
                while time.monotonic() - since < 0.2:
                    pass
                written = True
            time.sleep(10)
    finally:
        until.set()
    assert written


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(number="1", value="x" * framing.MOST_PART_BYTES, more=True), "at most 32,768"),
        (Reply(number="1", value="x" * 2000), "more than 33,554,432 bytes during one check"),
    ],
)
def test_a_part_of_an_answer_and_all_messages_together_have_limits(ends, reply, reason):
    ours, theirs = ends
    ours.renew_limit(1000 if "more than" in reason else framing.MOST_RECEIVED_BYTES)
    theirs.send(reply)
    with pytest.raises(SpoofError, match=reason):
        ours.receive()


def test_positions_of_arguments_are_small(ends):
    ours, theirs = ends
    theirs.socket.sendall(
        framed(json.dumps({"kind": "reply", "number": "1", "changed": {2**61: 0}}).encode())
    )
    with pytest.raises(SpoofError, match="protocol"):
        ours.receive()
