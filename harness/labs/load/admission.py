"""Admission control: refuse at once the requests that a server could not answer in time.

Behind an overloaded server every request waits too long. A client can act on a refusal after a millisecond:
it can try another server, or show a smaller feature.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.assistant import Assistant, Event, Question
from harness.errors import PlainError


class BusyError(PlainError):
    """The server is too busy to admit a request."""


@dataclass
class InFlightCounter:
    """The number of requests in flight, shared by all connections to one server; thread-safe.

    request_s: that number integrated over time until a request last came or went, in request-seconds.
    """

    count: int = 0
    request_s: float = 0.0
    now_s: Callable[[], float] = time.perf_counter
    _since_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enter(self, accept: Callable[[int], bool]) -> bool:
        """Count one more request if `accept(count)` is true, and return whether it was."""
        with self._lock:
            accepted = bool(accept(self.count))
            self._add(accepted)
            return accepted

    def leave(self) -> None:
        """Count one request less."""
        with self._lock:
            self._add(-1)

    def _add(self, change: int) -> None:
        now_s = self.now_s()
        self.request_s += self.count * (now_s - self._since_s)
        self.count, self._since_s = self.count + change, now_s


@dataclass(frozen=True)
class AdmissionControl:
    """An assistant that passes a request on to `inner` only if it is admitted.

    accept: number of requests in flight -> whether to admit one more.
    """

    inner: Assistant
    accept: Callable[[int], bool]
    in_flight: InFlightCounter

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the events of `inner`.

        Raises BusyError if the request is refused, otherwise what `inner` raises.
        """
        if not self.in_flight.enter(self.accept):
            raise BusyError("The server has too many requests in flight: try again in a moment.")
        try:
            yield from self.inner.stream(question)
        finally:
            self.in_flight.leave()
