"""Things of a check that a learner's code uses from afar: a source of pieces, a clock, a client that leaves.

They stay with the referee, where nobody can look into them. Over there stands something that has the members
that their class names, and no others; each use of one travels, is carried out here, and is answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Kind = TypeVar("Kind", bound=type)
Use = Callable[[str, tuple], object]  # a member's name and arguments; what it gave

CALL = "__call__"
_MEMBERS: dict[type, tuple[str, ...]] = {}


class RemoteDict(dict):
    """A dictionary that lives in the learner's process: a check hands the same one over again and again."""

    def __deepcopy__(self, memo: dict) -> RemoteDict:
        return self


def exported(*members: str) -> Callable[[Kind], Kind]:
    """A class whose instances can be lent; `members` is all that a borrower has of them."""

    def note(kind: Kind) -> Kind:
        _MEMBERS[kind] = members
        return kind

    return note


def members(thing: object) -> Mapping[str, bool] | None:
    """What a borrower has of `thing`, and whether it is called or read; None: it cannot be lent.

    Of a function or a class that can only be called, that.
    """
    for kind in type(thing).__mro__:
        if kind in _MEMBERS:
            return {name: callable(getattr(type(thing), name, None)) for name in _MEMBERS[kind]}
    return {CALL: True} if callable(thing) else None


@dataclass
class ExportedObjects:
    """What has been lent, by number; the same thing under the same number."""

    things: list[object] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self, thing: object) -> int:
        """Kept from now on, so that no other thing can get its identity."""
        with self._lock:
            if id(thing) not in self._numbers:
                self._numbers[id(thing)] = len(self.things)
                self.things.append(thing)
            return self._numbers[id(thing)]

    def use(self, number: int, name: str, arguments: tuple) -> object:
        """What the member gives. Raises what it raises, and AttributeError for what is none."""
        thing = self.things[number]
        known = members(thing) or {}
        if name not in known:
            raise AttributeError(f"A {type(thing).__name__} has no {name!r:.40} to use.")
        return getattr(thing, name)(*arguments) if known[name] else getattr(thing, name)


class ExportedProxy:
    """What stands in for a lent thing. _lent: its number, by which it travels back."""

    _export_id: int


def make_proxy(number: int, name: str, known: Mapping[str, bool], use: Use) -> ExportedProxy:
    """A thing called `name` whose members do nothing but `use`."""
    inside: dict[str, object] = {"_lent": number, "__repr__": lambda self: f"<{name}>"}
    for member, called in known.items():
        inside[member] = _method(member, use) if called else _reading(member, use)
    if "__next__" in known:
        inside["__iter__"] = lambda self: self
    if "__exit__" in known:  # what was raised in the block stays where it was raised
        inside["__exit__"] = lambda self, *_: use("__exit__", (None, None, None))
    return type(name, (ExportedProxy,), inside)()


def _method(member: str, use: Use) -> Callable[..., object]:
    return lambda self, *arguments: use(member, arguments)


def _reading(member: str, use: Use) -> property:
    return property(lambda self: use(member, ()))
