"""A model that another thread reads, and a reader who waits for a while: for the check of back-pressure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import wraps

from grader.checks.streaming_producer import FailingStream
from grader.exercise.background import STILL_WAITING, outcome, submit
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise
from grader.exercise.observed_stream import MOST_EVENTS

WAIT_S = 2.0  # for what has to happen at once
GATE_S = 15.0  # for a gate that nobody opens: longer than a learner's process may wait for a reply
LIMIT_S = 20.0  # for all calls: this check waits on purpose
END = object()

BUFFERED = Exercise("02", 9, "buffered")

Function = Callable[[Iterator[str], int], Iterator[str]]


class GatedStream(FailingStream):
    """A stream that another thread reads. gate: pieces that may be read so far, or None for all.

    asked: pieces requested so far. ended: whether it has said that there are no more.
    """

    def __init__(
        self, pieces: Sequence[str], error: Exception | None = None, gate: int | None = None
    ) -> None:
        super().__init__(pieces, error)
        self.gate, self.asked, self.ended, self._at_work = gate, 0, False, False
        self._changed = threading.Condition()

    def __next__(self) -> object:
        with self._changed:
            self.asked, self._at_work = self.asked + 1, True
            self._changed.notify_all()
            self._changed.wait_for(self._may_go_on, GATE_S)
            try:
                return super().__next__()
            except Exception:
                self.ended = True
                raise
            finally:
                self._at_work = False
                self._changed.notify_all()

    def _may_go_on(self) -> bool:
        return self.closed or self.gate is None or self.asked <= self.gate

    def close(self) -> None:
        """Stop the stream. Raises ValueError while it is at work, as a generator does."""
        with self._changed:
            if self._at_work:
                raise ValueError("generator already executing")
            self.closed = True
            self._changed.notify_all()

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until `condition` of this stream is true; return False after `seconds`."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def let(self, gate: int | None) -> None:
        """Let the stream be read up to this piece."""
        with self._changed:
            self.gate = gate
            self._changed.notify_all()


@dataclass
class Reader:
    """A reader of a learner's stream, who waits WAIT_S at most.

    last: what was read last: a piece, END, the exception that came instead, or STILL_WAITING.
    """

    stream: Iterator[str]
    waiting: Future | None = None
    last: object = ""

    def take(self) -> object:
        """Return what is read next, see `last`."""
        self.waiting = submit(next, self.stream, END)
        self.last = outcome(self.waiting, WAIT_S)
        return self.last

    def pieces(self, most: int = MOST_EVENTS) -> list[object]:
        """Return the pieces that follow, until something else is read or there are `most`."""
        read = [] if self._over() else [self.take() for _ in range(most) if not self._over()]
        return read[:-1] if self._over() else read

    def _over(self) -> bool:
        return self.last in (END, STILL_WAITING) or isinstance(self.last, Exception)

    def leave(self) -> Future:
        """Close the stream in another thread, and return that call."""
        self.waiting = submit(self.stream.close)
        return self.waiting


@dataclass(frozen=True, slots=True)
class Trial:
    """One learner's function, and how often it may still be called."""

    limits: CallLimits
    function: Function

    def read(self, use: Callable[..., None], most: int, *sources: GatedStream) -> None:
        """Call `use` with a reader for each source; afterwards no thread of theirs waits for a gate."""
        readers: list[Reader] = []

        @wraps(self.function)
        def streams(*sources: GatedStream) -> list[object]:
            return [self.function(source, most) for source in sources]

        def then(streams: list[object]) -> None:
            for stream in streams:
                look = "`yield`: it makes a function a generator"
                BUFFERED.returned(stream, Iterable, "a generator of pieces", look=look)
                readers.append(Reader(iter(stream)))
            use(*readers)

        try:
            self.limits.call(
                streams if callable(self.function) else self.function, *sources, then=then
            )
        finally:
            for source in sources:
                source.let(None)
            if hasattr(self.function, "restarted"):  # its process serves one call at a time
                wait([reader.waiting for reader in readers if reader.waiting], GATE_S)
