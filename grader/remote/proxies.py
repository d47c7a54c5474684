"""Proxies in the referee for objects of a learner's process: functions, assistants and streams.

`grader.exercise.exported` is the opposite direction: proxies in the learner's process for the referee's
objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from grader.sandbox.processes import Processes
from harness.assistant import Event, Question

ASK_S = 30.0  # for one answer of an assistant, its whole stream


class Requests(Protocol):
    """The part of a `Session` that a proxy needs."""

    processes: Processes

    def ask(self, verb: str, name: str = "", **request: object) -> object: ...
    def parts(self, verb: str, name: str = "", **request: object) -> Iterator[tuple]: ...
    def restarted(self, name: str) -> object: ...


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A reference to an object in the learner's process. number: its identifier in that process."""

    session: Requests
    number: int

    def __deepcopy__(self, memo: dict) -> RemoteObject:
        return self


class RemoteFunction(RemoteObject):
    """A proxy for a function or an assistant."""

    __slots__ = ()

    def __call__(self, *arguments: object) -> object:
        return self.session.ask("call", object_id=self.number, arguments=arguments)

    def each(self, place: int, items: Sequence[object], *others: object) -> list[object]:
        """Return what `call_limits.for_each` returns, in one request."""
        return self.session.ask("each", object_id=self.number, arguments=(place, items, *others))

    def names(self) -> list[str]:
        """Return the built-in and imported names that the function uses."""
        return self.session.ask("names", object_id=self.number)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop all processes of the learner during the block. Raises NotStoppedError if they work."""
        processes = self.session.processes
        processes.freeze()
        try:
            yield
            processes.freeze()  # looks at what they have done since
        finally:
            processes.thaw()

    def cpu_s(self) -> float:
        """Return the CPU time that the learner's processes have used so far, in seconds."""
        return self.session.processes.cpu_s()

    def restarted(self, name: str) -> object:
        """Return the variable `name` of a second process in which the same cells have run."""
        return self.session.restarted(name)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the assistant's events as they arrive; their types are not checked here."""
        parts = self.session.parts(
            "stream", object_id=self.number, arguments=(question,), limit_s=ASK_S
        )
        for value, more in parts:
            if more:
                yield value


class RemoteIterator(RemoteObject):
    """A proxy for an iterator; each item is fetched when it is requested."""

    __slots__ = ()

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> object:
        for item in self.session.ask("next", object_id=self.number):
            return item
        raise StopIteration

    def close(self) -> None:
        """Close the iterator, as `generator.close()` does."""
        self.session.ask("close", object_id=self.number)


KINDS = {"$remote": RemoteFunction, "$lazy": RemoteIterator}


def restore(original: object, changed: object) -> None:
    """Apply to an argument the changes that a call made to its remote copy."""
    if isinstance(original, np.ndarray) and isinstance(changed, np.ndarray):
        if original.shape == changed.shape:
            original[...] = changed
    elif isinstance(original, list) and isinstance(changed, list):
        original[:] = changed
    elif isinstance(original, dict | set) and isinstance(changed, dict | set):
        original.clear()
        original.update(changed)
