"""Stop when the answer is complete: nobody should wait for a second sentence that is thrown away."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The same end as post-processing cuts at. "7.5 hours" is none: a space has to follow.
SENTENCE_END = re.compile(r"[.!?](?=\s)")
# After a word of three letters no more has to be seen, which saves a step of the model. Shorter words may
# be abbreviations ("e.g.", "U.S.") and digits may go on ("7." and then "5"): there the next piece decides.
SURE_END = re.compile(r"[^\W\d_]{3}[.!?]$")


def first_sentence(pieces: Iterator[str]) -> Iterator[str]:
    """`pieces` up to the end of the first sentence; what comes later is never asked for.

    pieces: text as a model produces it, such as "It lasts", " 7", ".", "5", " hours", ".".
    """
    text = ""
    for piece in pieces:
        before = len(text)
        text += piece
        if end := SENTENCE_END.search(text, max(0, before - 1)):
            yield from filter(None, [text[before : end.end()]])
            return
        yield piece
        if SURE_END.search(text):
            return
