"""The questions that checks ask: about the shipped help centre, or for a referee about launched products.

A learner's own run asks questions of the split `dev`. A referee asks about products made for this submission,
which a table of answers cannot know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from grader.exercise.randomness import fresh_rng
from harness.assistant import Chunk
from harness.kb.articles import written
from harness.kb.products import SHIPPED, Split, World
from harness.kb.questions import Case, draw

_asked: ContextVar[tuple[World, Split]] = ContextVar("asked", default=(SHIPPED, "dev"))


def fresh_cases(n: int) -> list[Case]:
    """Return `n` new questions without history, a tenth of them unanswerable."""
    world, split = _asked.get()
    return draw(split, n, fresh_rng().randrange(10**9), history_turns=0, world=world)


def answerable_cases(n: int) -> list[Case]:
    """Return `n` new questions without history that have an answer."""
    return [case for case in fresh_cases(2 * n) if case.answerable][:n]


def gold(case: Case) -> Chunk:
    """Return the passage that answers `case`."""
    world, _ = _asked.get()
    return next(chunk for chunk in written(world) if chunk.id == case.gold)


def asked_world() -> World:
    """Return the world that the questions are about."""
    return _asked.get()[0]


@contextmanager
def asking_about(world: World) -> Iterator[None]:
    """Let checks inside the block ask about the products of `world`, all of them in the split `test`."""
    token = _asked.set((world, "test"))
    try:
        yield
    finally:
        _asked.reset(token)
