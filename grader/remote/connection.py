"""A bidirectional request/reply connection over a channel.

Either end may have several requests in flight; a reader thread at each end dispatches the replies. The
referee calls the learner's functions, and while a call runs, the learner's process calls members of objects
that the referee exported. Every wait of the referee has a time limit. Every reply carries the number of its
request; the referee's numbers cannot be guessed beforehand.
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

MOST_BUFFERED = (
    500  # replies to one request, 16 MB; the reader then blocks, and so does the other end
)


@dataclass
class _Pending:
    """A request in flight: its replies, and whether the caller still waits for them."""

    replies: queue.Queue[Reply | WorkerError] = field(
        default_factory=lambda: queue.Queue(MOST_BUFFERED)
    )
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
    _pending: dict[str, _Pending] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def open(self) -> None:
        """Start the reader thread."""
        threading.Thread(target=self._read, name="rpc-reader", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Return True if a request to the other end is in flight."""
        return bool(self._pending)

    def ask(self, request: Request, within_s: float | None = None) -> Iterator[Reply]:
        """Send `request` and yield its replies as they arrive.

        Raises GoneError, SpoofError, and HangingError if the last reply is not there within `within_s`
        seconds; None waits without a limit.
        """
        pending, until = _Pending(), None if within_s is None else time.monotonic() + within_s
        with self._lock:
            if self.lost:
                raise self.lost
            self._pending[request.number] = pending
        try:
            self.channel.send(request)
            yield from self._replies(pending, until)
        except ValueError:  # the request is too large and was not sent
            self._pending.pop(request.number, None)
            raise
        finally:  # the reader discards replies that arrive later
            pending.wanted = False

    def _replies(self, pending: _Pending, until: float | None) -> Iterator[Reply]:
        more = True
        while more:
            try:
                reply = pending.replies.get(
                    timeout=None if until is None else max(0.0, until - time.monotonic())
                )
            except queue.Empty:
                raise HangingError("Its process did not answer in time.") from None
            if isinstance(reply, WorkerError):
                raise reply
            more = _more(reply)
            yield reply

    def _read(self) -> None:
        block_alarms()
        try:
            while True:
                self._dispatch(self.channel.receive())
        except WorkerError as error:
            self._lose(error)
        except Exception as error:  # report it: otherwise callers would wait for ever
            self._lose(GoneError(f"The connection broke: {error}"))

    def _dispatch(self, frame: Frame) -> None:
        if isinstance(frame, Request):
            self.answer(frame)
            return
        pending = self._pending.get(frame.number)
        if pending is None:
            raise SpoofError("It sent a reply to a request that was not made.")
        if not _more(frame):
            del self._pending[frame.number]
        self._put(pending, frame)

    def _put(self, pending: _Pending, frame: Reply | WorkerError) -> None:
        """Queue a reply; blocks while the queue is full, unless the caller has stopped waiting."""
        while pending.wanted:
            with suppress(queue.Full):
                pending.replies.put(frame, timeout=0.1)
                return

    def _lose(self, error: WorkerError) -> None:
        with self._lock:
            self.lost = error
            unanswered = list(self._pending.values())
            self._pending.clear()
        for pending in unanswered:
            self._put(pending, error)
        self.gone()


def _more(reply: Reply) -> bool:
    return reply.more and reply.failure is None
