"""Stand-ins for what stays in a learner's process: its functions, its assistants, its streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.exercise.counting_array import CountingArray
from harness.assistant import Event, Question

if TYPE_CHECKING:
    from grader.remote.session import Session

ASK_S = 30.0  # for one answer of an assistant


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """What stays in the learner's process. number: its own over there."""

    session: Session
    number: int

    def __deepcopy__(self, memo: dict) -> RemoteObject:
        return self


class RemoteFunction(RemoteObject):
    """A function or an assistant."""

    __slots__ = ()

    def __call__(self, *arguments: object) -> object:
        return self.session.ask("call", object_id=self.number, arguments=arguments)

    def each(self, firsts: Sequence[object], *others: object) -> list[object]:
        """self(first, *others) for each of `firsts`, in one request."""
        return self.session.ask("each", object_id=self.number, arguments=(firsts, *others))

    def names(self) -> list[str]:
        """The names that its code mentions, as far as it has any."""
        return self.session.ask("names", object_id=self.number)

    def stream(self, question: Question) -> Iterator[Event]:
        """Its events as they arrive, whatever they are."""
        parts = self.session.parts(
            "stream", object_id=self.number, arguments=(question,), limit_s=ASK_S
        )
        for value, more in parts:
            if more:
                yield value


class RemoteIterator(RemoteObject):
    """An iterator, each item made when it is asked for."""

    __slots__ = ()

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> object:
        for item in self.session.ask("next", object_id=self.number):
            return item
        raise StopIteration

    def close(self) -> None:
        """As a generator's."""
        self.session.ask("close", object_id=self.number)


KINDS = {"$remote": RemoteFunction, "$lazy": RemoteIterator}


def restore(original: object, changed: object) -> None:
    """Do to an argument what was done to its copy over there; kinds that nobody can change stay."""
    if isinstance(original, CountingArray) and isinstance(changed, CountingArray):
        original.reads = changed.reads
    if isinstance(original, np.ndarray) and isinstance(changed, np.ndarray):
        if original.shape == changed.shape:
            original[...] = changed
    elif isinstance(original, list) and isinstance(changed, list):
        original[:] = changed
    elif isinstance(original, dict | set) and isinstance(changed, dict | set):
        original.clear()
        original.update(changed)
