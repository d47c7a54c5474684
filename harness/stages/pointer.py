"""The pointer "[2] " that a tuned model writes before its sentence: needed for the citation, not for reading.

It comes in pieces ("[", "2", "]"), so whoever hides it has to wait until it is complete or ruled out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

UNDECIDED = re.compile(r"\s*(\[\d{0,3}(\]\s*)?)?")  # what may still become, or only is, a pointer


def undecided(text: str) -> bool:
    """True while `text` holds no word of the answer: nothing, or a pointer as far as it goes."""
    return UNDECIDED.fullmatch(text) is not None


def pointer_joined(pieces: Iterator[str]) -> Iterator[str]:
    """The text from its first character on, the pointer in one piece with the first word behind it.

    So the first piece is the first thing worth reading, and the time until it is an honest one.
    """
    held = ""
    for piece in pieces:
        held += piece
        if not undecided(held):
            break
    yield from filter(None, [held.lstrip()])
    yield from pieces
