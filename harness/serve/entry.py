"""What takes part in a measurement: an assistant, how it is reached, and what it may remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from harness.assistant import Assistant
from harness.serve.client import Client
from harness.serve.deployment import Deployment
from harness.serve.network import Network


class Division(StrEnum):
    """Closed: nothing is remembered from one request to the next. Open: caches, declared as such."""

    CLOSED = "closed"
    OPEN = "open"


def _nothing() -> None:
    """For an assistant that keeps nothing."""


@dataclass(frozen=True)
class Entry:
    """An assistant as users meet it.

    forget: makes the next request the first one; called off the clock before each in the closed division.
    """

    name: str
    assistant: Assistant
    network: Network
    division: Division = Division.CLOSED
    forget: Callable[[], object] = _nothing

    @contextmanager
    def deployed(self) -> Iterator[Client]:
        """Behind real HTTP and emulated distance."""
        with Deployment(self.assistant, self.network) as client:
            yield client

    def reset(self) -> None:
        """Before each request: forget, unless remembering is what was declared."""
        if self.division is Division.CLOSED:
            self.forget()
