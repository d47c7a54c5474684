"""Random numbers for the checks: fresh in every run for a learner, reproducible for a referee.

A referee's numbers follow from the course's secret. A regrade therefore meets the same inputs, and nobody can
compute them in advance, even with this code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random, SystemRandom

_source: ContextVar[Random | None] = ContextVar("source", default=None)

BITS = 64


def fresh_seed() -> int:
    """Return a seed of 64 bits: the referee's next one inside `seeded`, otherwise one from the system."""
    return (_source.get() or SystemRandom()).getrandbits(BITS)


def fresh_rng() -> Random:
    """Return a new random number generator for one check."""
    return Random(fresh_seed())


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Derive `fresh_rng` and `fresh_seed` from `seed` inside the block, in the order of the calls."""
    token = _source.set(Random(seed))
    try:
        yield
    finally:
        _source.reset(token)
