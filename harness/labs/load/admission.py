"""A gate in front of a server: it lets in who will be served in time, and tells the others at once.

Behind an overloaded server everybody waits, and everybody waits too long. A refusal after a millisecond
is an answer that a client can act on: try another server, or show a smaller feature.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.assistant import Assistant, Event, Question
from harness.errors import PlainError


class BusyError(PlainError):
    """The gate did not let a request in."""


@dataclass
class InFlightCounter:
    """How many requests are inside, counted for all who share this door."""

    inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enter(self, accept: Callable[[int], bool]) -> bool:
        """Count one more if `accept(inside)`; whether that was so."""
        with self._lock:
            welcome = bool(accept(self.inside))
            self.inside += welcome
            return welcome

    def leave(self) -> None:
        """Count one less."""
        with self._lock:
            self.inside -= 1


@dataclass(frozen=True)
class AdmissionControl:
    """`inner` behind a `door`. accept: requests ahead -> let this one in?"""

    inner: Assistant
    accept: Callable[[int], bool]
    in_flight: InFlightCounter

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises BusyError for who is not let in, otherwise what `inner` raises."""
        if not self.in_flight.enter(self.accept):
            raise BusyError("Too many requests are waiting already: try again in a moment.")
        try:
            yield from self.inner.stream(question)
        finally:
            self.in_flight.leave()
