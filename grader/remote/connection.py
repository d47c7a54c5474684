"""Both ends of a channel may ask, at any time and several at once: a thread of each reads and hands out.

The referee asks for calls of the learner's functions; while one runs, the learner's process asks for uses of
what it was lent. Every wait has an end, and every reply the number of its request, which nobody can know
before it is asked.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from grader.remote.framing import (
    Channel,
    Frame,
    GoneError,
    HangingError,
    Reply,
    Request,
    SpoofError,
    WorkerError,
    block_alarms,
)

AHEAD = 4_000  # replies that may wait for whoever asked; then the other end waits, too


@dataclass
class _Asked:
    """A request under way: its replies, and whether anybody still wants them."""

    replies: queue.Queue[Reply | WorkerError] = field(default_factory=lambda: queue.Queue(AHEAD))
    wanted: bool = True


@dataclass
class RpcConnection:
    """One end. answer: does what a request of the other end asks for; it must not wait for long.

    gone: called once when nothing more will come. lost: why that is so.
    """

    channel: Channel
    answer: Callable[[Request], None]
    gone: Callable[[], None] = lambda: None
    lost: WorkerError | None = field(default=None, init=False)
    _asked: dict[str, _Asked] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def open(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="line", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether the other end is at work on a request."""
        return bool(self._asked)

    def ask(self, request: Request, within_s: float | None = None) -> Iterator[Reply]:
        """The replies as they come.

        Raises GoneError, SpoofError; HangingError when the last is not there within so many seconds.
        """
        asked, until = _Asked(), None if within_s is None else time.monotonic() + within_s
        with self._lock:
            if self.lost:
                raise self.lost
            self._asked[request.number] = asked
        try:
            self.channel.send(request)
            yield from self._replies(asked, until)
        except ValueError:  # too long to be sent: nobody heard of it
            self._asked.pop(request.number, None)
            raise
        finally:  # the reader lets the rest fall
            asked.wanted = False

    def _replies(self, asked: _Asked, until: float | None) -> Iterator[Reply]:
        more = True
        while more:
            try:
                got = asked.replies.get(
                    timeout=None if until is None else max(0.0, until - time.monotonic())
                )
            except queue.Empty:
                raise HangingError("It did not answer in time.") from None
            if isinstance(got, WorkerError):
                raise got
            more = _more(got)
            yield got

    def _read(self) -> None:
        block_alarms()
        try:
            while True:
                self._hand_out(self.channel.receive())
        except WorkerError as error:
            self._lose(error)
        except Exception as error:  # never silent: whoever waits would wait for ever
            self._lose(GoneError(f"The line broke: {error}"))

    def _hand_out(self, frame: Frame) -> None:
        if isinstance(frame, Request):
            self.answer(frame)
            return
        asked = self._asked.get(frame.number)
        if asked is None:
            raise SpoofError("It sent an answer that nobody had asked for.")
        if not _more(frame):
            del self._asked[frame.number]
        self._put(asked, frame)

    def _put(self, asked: _Asked, frame: Reply | WorkerError) -> None:
        """Waits while there are too many, but not for somebody who has left."""
        while asked.wanted:
            with suppress(queue.Full):
                asked.replies.put(frame, timeout=0.1)
                return

    def _lose(self, error: WorkerError) -> None:
        with self._lock:
            self.lost = error
            left = list(self._asked.values())
            self._asked.clear()
        for asked in left:
            self._put(asked, error)
        self.gone()


def _more(reply: Reply) -> bool:
    return reply.more and reply.failure is None
