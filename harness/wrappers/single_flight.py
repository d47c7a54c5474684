"""Single flight: of all who ask for the same at the same time, one computes and the others wait.

Without it, a popular entry that expires is computed by everyone at once: a stampede on the slowest path.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock

from harness.assistant import Answer


class SingleFlight:
    """The computations under way, by key; safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flights: dict[str, Future[Answer]] = {}

    def join(self, key: str) -> tuple[Future[Answer], bool]:
        """The flight for `key`, and whether it is the caller's own: to be computed, then landed."""
        with self._lock:
            own = key not in self._flights
            return self._flights.setdefault(key, Future()), own

    def land(self, key: str) -> None:
        """End the flight; without an answer or error by now, it is cancelled for those who wait."""
        with self._lock:
            flight = self._flights.pop(key)
        flight.cancel()  # changes nothing when it has an outcome
