"""Words that ask: requests, questions with and without their mark, and what only looks like a question."""

from __future__ import annotations

import re

# A wish for data, in a turn that proposes nothing.
WANTS = re.compile(
    r"\b(show|give|gimme|tell|pull|open|please|again|want|let me see)\b", re.IGNORECASE
)
# A request in so many words: it asks, whatever else the turn does.
REQUESTS = re.compile(
    r"\b(show|give|tell|send) (me|us)\b|\bkindly (share|show|give|send|tell)\b|\bput up\b|\blet me see\b|"
    r"\b(can|could|may) i (see|have|get)\b",
    re.IGNORECASE,
)
# Data that are not wanted.
NEGATED = re.compile(
    r"\b(don.?t|do not|no need to|won.?t|not going to|needn.?t) (show|need|want|look|open|bother)\b"
    r"[^,.;:!?]*",
    re.IGNORECASE,
)
# A question that its speaker answers, and one that is only the end of a statement.
RHETORICAL = re.compile(
    r"\?+\W+(?=(no|nope|nah|non|nein|yes|yeah|yep|of course|negative)(?![\w-])|"
    r"(sure|never|neither|nothing|nobody)\s*[.,;!])|"
    r",\s*(no|right|yes|yeah|eh|innit|huh|s[iì]|ok(ay)?|correct|ja|oder|non|isn.?t it|you (know|see))\s*\?+",
    re.IGNORECASE,
)
# A question without its mark, as one types.
UNMARKED = re.compile(
    r"(?:^|[.!;:\n]\s*)\W*(?:(?:and|so|but|ok\w*|then|also)\W+)?"
    r"(?:what.?s|what (?:is (?!left|missing)|are|does|do|happens (?!is)|runs)|"
    r"how (?:many|much|long|often|busy|big|is|are|does|do)|"
    r"who (?!ever)|which (?!(?:is|means|leaves|makes)\b)|is (?:it|there|that|the)|are (?:there|they|the)|"
    r"does (?!not)|did|has (?!to))\b"
    r"[^?.!]*(?:[.!]|$)",
    re.IGNORECASE,
)
# Several things are asked for in one breath.
SEVERAL = re.compile(r"\b(both|and|plus|as well)\b|[;+]|\w, \w+,", re.IGNORECASE)


def questions(text: str) -> bool:
    """Return True if a text has a question that it does not answer itself, with or without its mark."""
    if "?" in text:
        return "?" in RHETORICAL.sub(" ", text)
    return bool(UNMARKED.search(text))
