"""A bidirectional request/reply connection over a channel.

Either end may have several requests in flight; a reader thread at each end dispatches the replies. The
referee calls the learner's functions, and while a call runs, the learner's process calls members of objects
that the referee exported. Every wait has a time limit. Every reply carries the number of its request, which
cannot be guessed beforehand.
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

AHEAD = 4_000  # replies buffered for one request; the reader then blocks, and so does the other end


@dataclass
class _Asked:
    """A request in flight: its replies, and whether the caller still waits for them."""

    replies: queue.Queue[Reply | WorkerError] = field(default_factory=lambda: queue.Queue(AHEAD))
    wanted: bool = True


@dataclass
class RpcConnection:
    """One end of a connection.

    answer: handles a request of the other end; it runs in the reader thread and must not block for long.
    gone: called once when the connection is lost. lost: the reason.
    """

    channel: Channel
    answer: Callable[[Request], None]
    gone: Callable[[], None] = lambda: None
    lost: WorkerError | None = field(default=None, init=False)
    _asked: dict[str, _Asked] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def open(self) -> None:
        """Start the reader thread."""
        threading.Thread(target=self._read, name="rpc-reader", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether a request to the other end is in flight."""
        return bool(self._asked)

    def ask(self, request: Request, within_s: float | None = None) -> Iterator[Reply]:
        """Send `request` and yield its replies as they arrive.

        Raises GoneError, SpoofError, and HangingError if the last reply is not there within `within_s`
        seconds.
        """
        asked, until = _Asked(), None if within_s is None else time.monotonic() + within_s
        with self._lock:
            if self.lost:
                raise self.lost
            self._asked[request.number] = asked
        try:
            self.channel.send(request)
            yield from self._replies(asked, until)
        except ValueError:  # too large: it was not sent
            self._asked.pop(request.number, None)
            raise
        finally:  # the reader discards replies that arrive later
            asked.wanted = False

    def _replies(self, asked: _Asked, until: float | None) -> Iterator[Reply]:
        more = True
        while more:
            try:
                got = asked.replies.get(
                    timeout=None if until is None else max(0.0, until - time.monotonic())
                )
            except queue.Empty:
                raise HangingError("Its process did not answer in time.") from None
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
        except Exception as error:  # report it: otherwise callers would wait for ever
            self._lose(GoneError(f"The connection broke: {error}"))

    def _hand_out(self, frame: Frame) -> None:
        if isinstance(frame, Request):
            self.answer(frame)
            return
        asked = self._asked.get(frame.number)
        if asked is None:
            raise SpoofError("It sent a reply to a request that was not made.")
        if not _more(frame):
            del self._asked[frame.number]
        self._put(asked, frame)

    def _put(self, asked: _Asked, frame: Reply | WorkerError) -> None:
        """Queue a reply; blocks while the queue is full, unless the caller has stopped waiting."""
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
