"""The channel between the referee and a worker: a Unix socket with frames of JSON, none of them large.

What comes from a worker was perhaps written by a learner. So every frame has a limit, and its fields are
checked before anybody reads them.
"""

from __future__ import annotations

import json
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
MOST_BYTES = 1 << 20  # of a frame; the largest honest one, 2,000 vectors to search in, has 180 kB
SEND_S = 30.0  # for the other end to read, which it always does unless it stands still
MOST_TEXT = 2_000  # characters of an error's text: a verdict is read by a person
CONFIG = {"extra": "forbid"}


class WorkerError(PlainError):
    """A learner's process that cannot go on; the message is the verdict."""


class GoneError(WorkerError):
    """It ended."""


class HangingError(WorkerError):
    """It did not answer in time."""


class SpoofError(WorkerError):
    """It sent what nobody asked for."""


class Request(BaseModel, **CONFIG):
    """What one end wants done by the other.

    arguments: encoded values. limit_s: how long it may take. apart: beside what is being done already.
    """

    kind: Literal["request"] = "request"
    number: str
    verb: str
    name: str = ""
    object_id: int = 0
    arguments: list[JsonValue] = []
    limit_s: float = 60.0
    apart: bool = False


class Failure(BaseModel, **CONFIG):
    """An exception: the built-in classes it is one of, its text, and the line that raised it.

    lent: its number, when it was raised by the referee's end and only came through.
    """

    kinds: list[str] = Field(max_length=20)
    text: str = Field(max_length=MOST_TEXT)
    place: str = Field(default="", max_length=MOST_TEXT)
    exported_objects: int | None = None


class Reply(BaseModel, **CONFIG):
    """One part of an answer; `more` says that another follows.

    changed: arguments that are not as they came, by their place.
    """

    kind: Literal["reply"] = "reply"
    number: str
    value: JsonValue = None
    failure: Failure | None = None
    more: bool = False
    changed: dict[int, JsonValue] = {}


Frame = Request | Reply
FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


@dataclass
class Channel:
    """One end of the socket: any thread may send, one receives."""

    socket: socket.socket
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        seconds = struct.pack("@ll", int(SEND_S), int(SEND_S % 1 * 1e6))
        self.socket.setblocking(True)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

    def send(self, body: Frame) -> None:
        """Raises GoneError: nobody is there. HangingError: nobody reads. ValueError: it is too long.

        What an alarm raises meanwhile comes after the frame, as it is: a TimeoutError is an OSError, too.
        """
        data = json.dumps(body.model_dump(exclude_defaults=True) | {"kind": body.kind}).encode()
        if len(data) > MOST_BYTES:
            raise ValueError(f"{len(data):,} bytes are more than the {MOST_BYTES:,} of a frame.")
        with undisturbed(), self._sending:
            self._write(LENGTH.pack(len(data)) + data)

    def _write(self, frame: bytes) -> None:
        try:
            self.socket.sendall(frame)
        except BlockingIOError as error:
            raise HangingError("It does not read what it is asked.") from error
        except OSError as error:
            raise GoneError("Its process has ended.") from error

    def receive(self) -> Frame:
        """The next frame, however long that takes. Raises GoneError, SpoofError."""
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if size > MOST_BYTES:
            raise SpoofError(f"It sent a message of {size:,} bytes; {MOST_BYTES:,} are allowed.")
        try:
            return FRAME.validate_json(self._exactly(size))
        except ValidationError as error:
            raise SpoofError("It sent a message that is not one of the protocol.") from error

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
    """Alarms are for the main thread: this one does not take them from it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside the block no alarm reaches this thread: half a frame would be the end of the channel."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # Raises what an alarm raises that has just gone off, and has blocked then.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def number() -> str:
    """Of a request; nobody can guess it, so a reply that bears it was made after the request."""
    return secrets.token_hex(8)
