"""Entries of a measurement: an assistant, its network, and whether it may cache."""

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
    """The closed division keeps nothing between requests; the open division allows declared caches.

    Answers made without a language model, by rules or templates, are in a division of their own.
    """

    CLOSED = "closed"
    OPEN = "open"
    NO_MODEL = "no model"


def _nothing() -> None:
    """Do nothing, for an assistant without state."""


@dataclass(frozen=True)
class Entry:
    """An assistant as users reach it.

    forget: drops all state of earlier requests; it is called before each one, untimed, unless the division is
    open.
    """

    name: str
    assistant: Assistant
    network: Network
    division: Division = Division.CLOSED
    forget: Callable[[], object] = _nothing

    @contextmanager
    def deployed(self) -> Iterator[Client]:
        """Serve the assistant over HTTP with emulated distance; yields its client."""
        with Deployment(self.assistant, self.network) as client:
            yield client

    def reset(self) -> None:
        """Forget earlier requests, unless the entry is in the open division; called before each request."""
        if self.division is not Division.OPEN:
            self.forget()
