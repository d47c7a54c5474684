"""The choice of wordings: each is used once, in an order that depends on the seed, before any is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Annotated

from pydantic import Field

from harness.interview.content_files import CONTENT, Text, read
from harness.kb import seeded

Wordings = Annotated[tuple[Text, ...], Field(min_length=1)]


@cache
def moves() -> dict[str, tuple[str, ...]]:
    """Return all wordings by occasion."""
    return read(CONTENT / "moves.yaml", dict[str, Wordings])


def fresh(key: str, wordings: Sequence[str], used: Sequence[str], seed: int) -> str | None:
    """Return the key of a wording that was not used, or None."""
    keys = [f"{key}.{number}" for number in range(len(wordings))]
    return next((k for k in seeded.shuffled(keys, seed, key) if k not in used), None)


def least_used(key: str, wordings: Sequence[str], used: Sequence[str], seed: int) -> str:
    """Return the key of the wording that was used least."""
    keys = seeded.shuffled([f"{key}.{number}" for number in range(len(wordings))], seed, key)
    counts = Counter(used)
    return min(keys, key=lambda k: counts[k])


def text_of(key: str, wordings: Sequence[str]) -> str:
    """Return the wording with this key."""
    return wordings[int(key.rpartition(".")[2])]
