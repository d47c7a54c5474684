"""Signs of a sentence: which of the authored patterns occur in it and in what the interviewer said before."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np

from harness.interview.content_files import CONTENT, Pattern, Strict, read

SCALE = 0.25  # of one sign beside vectors of unit length
SCALE_BEFORE = 1.5  # what was asked tells more about a turn than a single word of it


class Evidence(Strict):
    """The patterns by name: in the sentence, and in the interviewer's turn before it."""

    sentence: dict[str, Pattern]
    before: dict[str, Pattern]


@cache
def evidence() -> Evidence:
    """Return the shipped patterns."""
    return read(CONTENT / "evidence.yaml", Evidence)


def signs(sentence: str, before: str = "") -> np.ndarray:
    """Return the signs of a sentence that answers `before`, (patterns,)."""
    found = [bool(p.search(sentence)) for p in _compiled()[0]]
    return np.array([*(SCALE * f for f in found), *(SCALE_BEFORE * a for a in _asked(before))])


@lru_cache(1)
def _asked(before: str) -> tuple[bool, ...]:
    """Return the signs of what was said before; it is the same for all parts of a turn."""
    return tuple(bool(p.search(before)) for p in _compiled()[1])


@cache
def _compiled() -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
    kinds = evidence().sentence, evidence().before
    sentence, before = ([re.compile(p, re.IGNORECASE) for p in kind.values()] for kind in kinds)
    return sentence, before


def product_manager_listens(before: str) -> bool:
    """Return True if the interviewer's words bring the product manager in, or speak for them."""
    return bool(re.search(evidence().before["product_manager"], before))
