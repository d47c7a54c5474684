"""Reproducible random draws: each draw is a function of its key, the same on every machine.

A key is any sequence of strings and integers. The draws use hash functions, because `hash()` differs between
processes and numpy does not guarantee equal streams between its versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b, shake_128
from typing import TypeVar

T = TypeVar("T")
Key = str | int

SEED = 500  # of the knowledge base; another seed gives another help centre


def code(*key: Key) -> str:
    """Return a hash of `key`, 16 hex digits."""
    return blake2b(_joined(key), digest_size=8).hexdigest()


def _joined(key: tuple[Key, ...]) -> bytes:
    # The separator cannot occur in a part of a key, so ("a", "bc") and ("ab", "c") differ.
    return "\x1f".join(map(str, key)).encode()


def number(*key: Key) -> int:
    """Return an integer from 0 to 2**64 - 1."""
    return int(code(*key), 16)


def random_bytes(count: int, *key: Key) -> bytes:
    """Return `count` bytes."""
    return shake_128(_joined(key)).digest(count)


def fraction(*key: Key) -> float:
    """Return a number from 0 (included) to 1 (excluded)."""
    # 53 bits are exact in a float, so the result is never rounded up to 1.
    return (number(*key) >> 11) / 2**53


def choice(options: Sequence[T], *key: Key) -> T:
    """Return one of `options`."""
    return options[number(*key) % len(options)]


def shuffled(options: Iterable[T], *key: Key) -> list[T]:
    """Return `options` in a random order, which depends only on their number and `key`."""
    options = list(options)
    return [options[i] for i in sorted(range(len(options)), key=lambda i: number(*key, i))]
