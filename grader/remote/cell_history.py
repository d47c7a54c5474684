"""The requests that bring a learner's process into its state, and their repetition in a second process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

REPEATED = ("withhold", "cell")  # verbs of the requests that bring a process into its state
# For the cells in a second process: so many seconds, and so many times what they took in the first, because
# the machine may be busier by then. Cells that sleep only there are ended.
REPEAT_S, REPEAT_FACTOR = 60.0, 2


class Learner(Protocol):
    """The part of a `Session` that repeats requests."""

    history: History

    def renew_limits(self, deadline: float) -> None: ...
    def ask(self, verb: str, name: str = "", **request: object) -> object: ...


@dataclass
class History:
    """The requests so far, as (verb, name, other arguments), and the seconds that they took."""

    requests: list[tuple[str, str, dict]] = field(default_factory=list)
    took_s: float = 0.0

    @contextmanager
    def recorded(self, verb: str, name: str, request: dict) -> Iterator[None]:
        """Record a request that is made in the block, if it is one to repeat."""
        if verb not in REPEATED:
            yield
            return
        self.requests.append((verb, name, request))
        start_s = time.monotonic()
        try:
            yield
        finally:
            self.took_s += time.monotonic() - start_s

    def repeat_in(self, second: Learner) -> None:
        """Make the requests in `second` that it has not had. Raises TimeoutError if they take too long."""
        deadline = time.monotonic() + REPEAT_S + REPEAT_FACTOR * self.took_s
        for verb, name, request in self.requests[len(second.history.requests) :]:
            second.renew_limits(deadline)
            with suppress(Exception):  # a cell may raise anything, as it did here
                second.ask(verb, name, **request)
        if time.monotonic() > deadline:
            raise TimeoutError("In a second process, the cells took far longer than in the first.")
