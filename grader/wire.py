"""The channel between the referee and a worker: a Unix socket with frames of JSON, none of them large.

What comes from a worker was perhaps written by a learner. So every frame has a limit, every wait an
end, every reply the number of its request, which nobody can know before it is asked, and its fields
are checked before anybody reads them.
"""

from __future__ import annotations

import json
import secrets
import socket
import struct
import time
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, Field, JsonValue, ValidationError

from harness.errors import PlainError

LENGTH = struct.Struct(">I")
MOST_BYTES = 1 << 20  # of a frame; the largest honest one, a question with its history, has 20 kB
MOST_TEXT = 2_000  # characters of an error's text: a verdict is read by a person
CONFIG = {"extra": "forbid"}

Body = TypeVar("Body", bound=BaseModel)


class WorkerError(PlainError):
    """A learner's process that cannot go on; the message is the verdict."""


class GoneError(WorkerError):
    """It ended."""


class HangingError(WorkerError):
    """It did not answer in time."""


class SpoofError(WorkerError):
    """It sent what nobody asked for."""


class Request(BaseModel, **CONFIG):
    """What the referee wants done; `arguments` are encoded values, `limit_s` is how long it may take."""

    number: str
    verb: str
    name: str = ""
    far: int = 0
    arguments: list[JsonValue] = []
    limit_s: float = 60.0


class Failure(BaseModel, **CONFIG):
    """An exception: the built-in classes it is one of, its text, and the line that raised it."""

    kinds: list[str] = Field(max_length=20)
    text: str = Field(max_length=MOST_TEXT)
    place: str = Field(default="", max_length=MOST_TEXT)


class Reply(BaseModel, **CONFIG):
    """One part of an answer; `more` says that another follows."""

    number: str
    value: JsonValue = None
    failure: Failure | None = None
    more: bool = False


@dataclass
class Channel:
    """One end of the socket."""

    socket: socket.socket

    def send(self, body: BaseModel, within_s: float = 30.0) -> None:
        """Raises GoneError: nobody is there. HangingError: nobody reads. ValueError: it is too long."""
        data = json.dumps(body.model_dump(), ensure_ascii=True).encode()
        if len(data) > MOST_BYTES:
            raise ValueError(f"{len(data):,} bytes are more than the {MOST_BYTES:,} of a frame.")
        self.socket.settimeout(within_s)
        try:
            self.socket.sendall(LENGTH.pack(len(data)) + data)
        except TimeoutError as error:
            raise HangingError("It does not read what it is asked.") from error
        except OSError as error:
            raise GoneError("Its process has ended.") from error

    def receive(self, kind: type[Body], within_s: float | None = None) -> Body:
        """The next frame as `kind`. Raises GoneError, HangingError, SpoofError."""
        until = None if within_s is None else time.monotonic() + within_s
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, until))
        if size > MOST_BYTES:
            raise SpoofError(f"It sent a message of {size:,} bytes; {MOST_BYTES:,} are allowed.")
        try:
            return kind.model_validate_json(self._exactly(size, until))
        except ValidationError as error:
            raise SpoofError("It sent a message that is not one of the protocol.") from error

    def _exactly(self, size: int, until: float | None) -> bytes:
        parts: list[bytes] = []
        while size:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise HangingError("It did not answer in time.")
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(min(size, 1 << 16))
            except TimeoutError as error:
                raise HangingError("It did not answer in time.") from error
            except OSError as error:
                raise GoneError("Its process has ended.") from error
            if not part:
                raise GoneError("Its process has ended.")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def number() -> str:
    """Of a request; nobody can guess it, so a reply that bears it was made after the request."""
    return secrets.token_hex(8)
