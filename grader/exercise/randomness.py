"""The dice of the checks: new in every run where a learner tries, the same again where a referee grades.

A referee's dice are thrown by the course's secret, so a regrade meets the same inputs and nobody can work out
beforehand which they are, generator in hand or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random, SystemRandom

_source: ContextVar[Random | None] = ContextVar("source", default=None)

BITS = 64


def fresh_seed() -> int:
    """A seed of 64 bits: the next of the referee's, or one that nobody knows."""
    return (_source.get() or SystemRandom()).getrandbits(BITS)


def fresh_rng() -> Random:
    """A generator of random numbers for one check."""
    return Random(fresh_seed())


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside the block, `dice` and `fresh_seed` follow from `seed`, in the order of asking."""
    token = _source.set(Random(seed))
    try:
        yield
    finally:
        _source.reset(token)
