"""Opaque values: what stands in the referee for an object that cannot be encoded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from grader.exercise.call_limits import UncopiedGenerator

MOST_REPR = 200  # characters of the repr of an unknown object


@dataclass(frozen=True, slots=True)
class Opaque:
    """The repr of an object that cannot be encoded, in a class with the original's name.

    number: of the original in the learner's process, which gets it back where a check passes it on; or None.
    """

    shown: str
    number: int | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return self.shown


def opaque(name: str, shown: str, number: int | None = None) -> Opaque:
    """Return an opaque value whose class is called `name`."""
    return _named(str(name)[:MOST_REPR])(str(shown)[:MOST_REPR], number)


@lru_cache(1_000)  # one class per name, so that equal reprs compare equal
def _named(name: str) -> type[Opaque]:
    return type(name, (Opaque,), {"__slots__": ()})


def described(value: object) -> list[str] | None:
    """Return [name of its class, repr] of an object that `encode` makes opaque; None for any other."""
    if isinstance(value, Collection | np.ndarray | UncopiedGenerator):
        return None
    return description(value)


def description(value: object) -> list[str]:
    """Return [name of its class, repr] of any object."""
    return [type(value).__name__[:MOST_REPR], shown(value)]


def shown(value: object) -> str:
    """Return the repr of `value`, cut off, or the name of its class if the repr fails."""
    try:
        return valid_text(repr(value)[:MOST_REPR])
    except Exception:  # a learner's __repr__ may raise anything
        return f"a {type(value).__name__[:MOST_REPR]}"


def valid_text(value: str) -> str:
    """Replace lone surrogates, which JSON cannot carry."""
    return str.encode(value, "utf-8", "replace").decode()
