"""Length-prefixed JSON frames over the Unix socket between the referee and a learner's process.

A learner's code may have written any frame that arrives. Every frame therefore has a size limit, and its
fields are validated before they are used.
"""

from __future__ import annotations

import json
import math
import secrets
import signal
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from harness.errors import PlainError

LENGTH = struct.Struct(">I")
# of a frame; the largest legitimate one (2,000 vectors to search) takes 180 kB
MOST_BYTES = 1 << 20
# Of one of several parts of an answer: a stream's longest event, an answer of 5,000 words. The referee keeps
# `connection.MOST_BUFFERED` of them.
MOST_PART_BYTES = 1 << 15
# Received between two calls of `Channel.renew_limit`, which is a check, a cell or a timed comparison: the
# referee may have to keep all of it. Every golden submission of every lab stays below.
MOST_RECEIVED_BYTES = 32 << 20
SEND_S = 30.0  # for the other end to read; its reader thread always does unless it is stopped
UNREAD = "Its process does not read its requests."
MOST_TEXT = 2_000  # characters of an error message that a person reads
MOST_KINDS = 20  # classes of an exception that are sent
CONFIG = {"extra": "forbid"}


class WorkerError(PlainError):
    """A failure after which a learner's process cannot be used; the message becomes the verdict."""


class GoneError(WorkerError):
    """The process has ended."""


class HangingError(WorkerError):
    """The process did not answer within its time limit."""


class SpoofError(WorkerError):
    """The process sent something that the protocol does not allow at this point."""


# The position of an argument; unlimited integers could share one hash.
Position = Annotated[int, Field(ge=0, lt=64)]


class Request(BaseModel, **CONFIG):
    """A request of one end to the other.

    verb: "use" to the referee; to the learner's process, a method of `learner_process.Worker` without its
    underscore. name: source of a cell, or name of a variable or member. object_id: number of the object in
    the process that receives the request. arguments, options: encoded values, by position and by name; only
    "use" has options. limit_s: time limit in seconds. concurrent: True to serve it beside the request that is
    being served.
    """

    kind: Literal["request"] = "request"
    number: str
    verb: str
    name: str = ""
    object_id: int = 0
    arguments: list[JsonValue] = []
    options: dict[str, JsonValue] = {}
    limit_s: float = 60.0
    concurrent: bool = False


class Failure(BaseModel, **CONFIG):
    """An exception, encoded by `grader.remote.remote_errors`.

    kinds: names of its class and base classes that the other end knows, nearest first. place: the line of a
    cell that raised it. export_id: number of the original exception, if the referee raised it and the
    learner's code let it through.
    """

    kinds: list[str] = Field(max_length=MOST_KINDS)
    text: str = Field(max_length=MOST_TEXT)
    place: str = Field(default="", max_length=MOST_TEXT)
    export_id: int | None = None


class Reply(BaseModel, **CONFIG):
    """One part of an answer; `more` tells whether another part follows.

    changed: arguments that the call modified, by position.
    """

    kind: Literal["reply"] = "reply"
    number: str
    value: JsonValue = None
    failure: Failure | None = None
    more: bool = False
    changed: dict[Position, JsonValue] = {}


Frame = Request | Reply
FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


@dataclass
class Channel:
    """One end of the socket. Any thread may send; one thread receives.

    left_bytes: how many bytes may still be received; unlimited until `renew_limit` is called. stuck: the
    other end has not read a frame, of which a part may be sent, so no other can follow.
    """

    socket: socket.socket
    left_bytes: float = math.inf
    stuck: bool = False
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        seconds = struct.pack("@ll", int(SEND_S), int(SEND_S % 1 * 1e6))
        self.socket.setblocking(True)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

    def renew_limit(self, size: int = MOST_RECEIVED_BYTES) -> None:
        """Let the other end send `size` bytes from now on."""
        self.left_bytes = size

    def send(self, body: Frame) -> None:
        """Send one frame.

        Raises GoneError if the other end has closed, HangingError if it does not read, and ValueError if the
        frame is too large. SIGALRM is blocked while the frame is written and delivered afterwards, so that an
        alarm's TimeoutError (an OSError) is not mistaken for a broken socket.
        """
        data = json.dumps(body.model_dump(exclude_defaults=True) | {"kind": body.kind}).encode()
        if len(data) > MOST_BYTES:
            raise ValueError(
                f"The value takes {len(data):,} bytes; at most {MOST_BYTES:,} can be sent."
            )
        with alarms_blocked():
            # Other threads may be sending, each for SEND_S; who waits for all of them would wait for minutes.
            if not self._sending.acquire(timeout=SEND_S):
                raise HangingError(UNREAD)
            try:
                self._write(LENGTH.pack(len(data)) + data)
            finally:
                self._sending.release()

    def _write(self, frame: bytes) -> None:
        if self.stuck:
            raise HangingError(UNREAD)
        try:
            self.socket.sendall(frame)
        except BlockingIOError as error:
            self.stuck = True
            raise HangingError(UNREAD) from error
        except OSError as error:
            raise GoneError("Its process has ended.") from error

    def receive(self) -> Frame:
        """Return the next frame; blocks until one arrives. Raises GoneError, SpoofError."""
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if size > MOST_BYTES:
            raise SpoofError(
                f"It sent a message of {size:,} bytes; at most {MOST_BYTES:,} are allowed."
            )
        self.left_bytes -= size
        if self.left_bytes < 0:
            raise SpoofError(
                f"It sent more than {MOST_RECEIVED_BYTES:,} bytes during one check or cell, "
                "which is the limit for all its messages together."
            )
        return self._frame(self._exactly(size))

    @staticmethod
    def _frame(data: bytes) -> Frame:
        try:
            frame = FRAME.validate_json(data)
        except ValidationError as error:
            raise SpoofError("It sent a message that is not part of the protocol.") from error
        if isinstance(frame, Reply) and frame.more and len(data) > MOST_PART_BYTES:
            raise SpoofError(
                f"It sent a part of an answer of {len(data):,} bytes; "
                f"at most {MOST_PART_BYTES:,} are allowed."
            )
        return frame

    def _exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            try:
                part = self.socket.recv(min(size, 1 << 16))
            except OSError as error:
                raise GoneError("Its process has ended.") from error
            if not part:
                raise GoneError("Its process has ended.")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def block_alarms() -> None:
    """Block SIGALRM in the calling thread, so that the main thread receives it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})


@contextmanager
def alarms_blocked() -> Iterator[None]:
    """Block SIGALRM for the duration of the block: a frame written half would break the protocol."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # An alarm that has already fired raises here, after the signal is blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def random_id() -> str:
    """Return an id that cannot be guessed, so a reply that carries a request's came after that request."""
    return secrets.token_hex(8)
