"""A stop rule: end generation after the first sentence, as post-processing discards the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Post-processing cuts at the same place. "7.5 hours" does not end a sentence, as a space has to follow.
SENTENCE_END = re.compile(r"[.!?](?=\s)")
# After a word of three letters the space is not needed, which saves a step of the model. A shorter word may
# be an abbreviation ("e.g.", "U.S.") and digits may go on ("7." and then "5"): there the next piece decides.
SURE_END = re.compile(r"[^\W\d_]{3}[.!?]$")


def first_sentence(pieces: Iterator[str]) -> Iterator[str]:
    """Yield `pieces` up to the end of the first sentence; later pieces are not requested.

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
