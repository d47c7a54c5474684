"""Random numbers and orders for the checks: fresh in every run for a learner, reproducible for a referee.

A referee's numbers follow from the course's secret. A regrade therefore meets the same inputs, and nobody can
compute them in advance, even with this code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random, SystemRandom
from typing import TypeVar

_source: ContextVar[Random | None] = ContextVar("source", default=None)

BITS = 64

Case = TypeVar("Case")
Answer = TypeVar("Answer")


def fresh_seed() -> int:
    """Return a seed of 64 bits: the referee's next one inside `seeded`, otherwise one from the system."""
    return (_source.get() or SystemRandom()).getrandbits(BITS)


def fresh_rng() -> Random:
    """Return a new random number generator for one check."""
    return Random(fresh_seed())


def asked(ask: Callable[[Case], Answer], cases: Iterable[Case]) -> list[tuple[Case, Answer]]:
    """Return (case, ask(case)) for each of `cases` in turn, then for half as many drawn from them again.

    They are asked in random order, so the number of a call says nothing about its case. A check judges them
    in the order returned, so that a mistake has the same message in every run.
    """
    rng = fresh_rng()
    once = list(cases)
    cases = [*once, *rng.choices(once, k=len(once) // 2)]
    order = rng.sample(range(len(cases)), len(cases))
    answers = {place: ask(cases[place]) for place in order}
    return [(case, answers[place]) for place, case in enumerate(cases)]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Derive `fresh_rng` and `fresh_seed` from `seed` inside the block, in the order of the calls."""
    token = _source.set(Random(seed))
    try:
        yield
    finally:
        _source.reset(token)
