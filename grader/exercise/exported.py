"""Objects of the referee that the learner's process uses, such as a token source, a lock or a client.

The opposite direction, objects of the learner's process that the referee uses, is `grader.remote.proxies`.

Exported objects stay in the referee's process, where a learner's code cannot inspect them. The learner's
process holds proxies with the exported members and no others; each use of a member is a request to the
referee.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Kind = TypeVar("Kind", bound=type)
# (name of a member, arguments, keyword arguments) -> its result
Use = Callable[[str, tuple, Mapping[str, object]], object]

CALL = "__call__"
_MEMBERS: dict[type, tuple[str, ...]] = {}


def _look_up(name: str) -> Callable[..., object]:
    def look_up(self: RemoteDict, *arguments: object) -> object:
        try:
            return getattr(dict, name)(self, *arguments)
        finally:
            self.looked_up()

    return look_up


class RemoteDict(dict):
    """A dictionary that lives in the learner's process, so that several calls can share it.

    looked_up: called after each look-up of a key, before its result is returned.
    """

    def __init__(self, looked_up: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.looked_up = looked_up

    __contains__, __getitem__, get, setdefault = map(
        _look_up, ("__contains__", "__getitem__", "get", "setdefault")
    )

    def __deepcopy__(self, memo: dict) -> RemoteDict:
        return self


def exported(*members: str) -> Callable[[Kind], Kind]:
    """Mark a class whose instances can be exported; a proxy has these `members` and no others."""

    def register(kind: Kind) -> Kind:
        _MEMBERS[kind] = members
        return kind

    return register


def members(thing: object) -> Mapping[str, bool] | None:
    """Return the exported members of `thing`, each with True if it is called and False if it is read.

    A callable whose class exports nothing has only `__call__`. None means that `thing` cannot be exported.
    """
    for kind in type(thing).__mro__:
        if kind in _MEMBERS:
            return {name: callable(getattr(type(thing), name, None)) for name in _MEMBERS[kind]}
    return {CALL: True} if callable(thing) else None


@dataclass
class ExportedObjects:
    """The exported objects by number; the same object has the same number until all are withdrawn."""

    _things: dict[int, object] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self, thing: object) -> int:
        """Return the number of `thing`, and keep `thing` alive so that no other object can get its id()."""
        with self._lock:
            if id(thing) not in self._numbers:
                self._things[self._next], self._numbers[id(thing)] = thing, self._next
                self._next += 1
            return self._numbers[id(thing)]

    def get(self, number: object) -> object:
        """Return the object with this number. Raises LookupError if there is none, or no longer."""
        with self._lock:
            if isinstance(number, int) and number in self._things:
                return self._things[number]
        raise LookupError("This object belongs to a check that is over.")

    def withdraw(self) -> None:
        """Forget all objects, so that nothing can be kept in them after a check; no number is used again."""
        with self._lock:
            self._things.clear()
            self._numbers.clear()

    def use(
        self, number: int, name: str, arguments: tuple, options: Mapping[str, object]
    ) -> object:
        """Return the result of a member. Raises what it raises, and AttributeError if it is not exported."""
        thing = self.get(number)
        called = members(thing) or {}
        if name not in called:
            raise AttributeError(f"{type(thing).__name__} does not export {name!r:.40}.")
        member = getattr(thing, name)
        return member(*arguments, **options) if called[name] else member


class ExportedProxy:
    """A proxy of an exported object. _export_id: its number, which is sent back in its place."""

    _export_id: int


def make_proxy(number: int, name: str, exported: Mapping[str, bool], use: Use) -> ExportedProxy:
    """Return a proxy of class `name` with the members of `exported`, each of which only calls `use`.

    exported: as `members` returns them.
    """
    namespace: dict[str, object] = {"_export_id": number, "__repr__": lambda self: f"<{name}>"}
    for member, called in exported.items():
        namespace[member] = _method(member, use) if called else _property(member, use)
    if "__next__" in exported:
        namespace["__iter__"] = lambda self: self
    if "__exit__" in exported:  # an exception of the block stays in the process that raised it
        namespace["__exit__"] = lambda self, *_: use("__exit__", (None, None, None), {})
    return type(name, (ExportedProxy,), namespace)()


def _method(member: str, use: Use) -> Callable[..., object]:
    return lambda self, *arguments, **options: use(member, arguments, options)


def _property(member: str, use: Use) -> property:
    return property(lambda self: use(member, (), {}))
