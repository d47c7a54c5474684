"""Reproducible chance: a draw is a function of its key, the same in every process and machine.

A key is any sequence of strings and integers. Built on blake2b: `hash()` differs between processes,
and numpy promises no equal streams between its versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
Key = str | int

SEED = 500  # of the knowledge base; another seed is another help centre


def code(*key: Key) -> str:
    """16 hex digits that stand for `key`."""
    # The separator cannot occur in a key's part, so ("a", "bc") and ("ab", "c") differ.
    return blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).hexdigest()


def number(*key: Key) -> int:
    """A number from 0 to 2**64 - 1."""
    return int(code(*key), 16)


def fraction(*key: Key) -> float:
    """A number from 0 (included) to 1 (excluded)."""
    return (
        number(*key) >> 11
    ) / 2**53  # 53 bits: what a float holds exactly, so never rounded up to 1


def choice(options: Sequence[T], *key: Key) -> T:
    """One of `options`."""
    return options[number(*key) % len(options)]


def shuffled(options: Iterable[T], *key: Key) -> list[T]:
    """All of `options` in another order, which depends on their number and `key` alone."""
    options = list(options)
    return [options[i] for i in sorted(range(len(options)), key=lambda i: number(*key, i))]
