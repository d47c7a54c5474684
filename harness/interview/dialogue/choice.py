"""The answer to a "did you mean": a letter, a number, "the second one", or the card's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.interview.scenario.cards import abouts

MAX_WORDS = 12  # a longer turn does not choose an offered card
ORDINALS = {
    **dict.fromkeys(("1", "a", "first", "yes", "one"), 0),
    **dict.fromkeys(("2", "b", "second", "two"), 1),
    **dict.fromkeys(("3", "c", "third", "last", "three"), 2),
}
FILLER = re.compile(r"the|one|please|number|option|card|i|mean|meant|ok|okay|that|take")


def picked_card(text: str, offered: Sequence[str]) -> str | None:
    """Return the offered card that the text chooses, or None."""
    words = re.sub(r"[^\w ]", " ", text.lower()).split()
    if len(words) > MAX_WORDS:
        return None
    left = [word for word in words if not FILLER.fullmatch(word)] or words
    if len(left) == 1 and (place := ORDINALS.get(left[0])) is not None and place < len(offered):
        return offered[place]
    line = " ".join(words)
    return next((card for card in offered if card in words or abouts()[card].lower() in line), None)
