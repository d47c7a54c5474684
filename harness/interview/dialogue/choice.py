"""Cards that a turn names: of an offered choice by its letter or place, or any by its id or title alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.interview.scenario.cards import Card, abouts

MAX_WORDS = 12  # a longer turn does not choose an offered card
ORDINALS = {
    **dict.fromkeys(("1", "a", "first", "yes", "one"), 0),
    **dict.fromkeys(("2", "b", "second", "two"), 1),
    **dict.fromkeys(("3", "c", "third", "last", "three"), 2),
}
FILLER = re.compile(r"the|one|please|number|option|card|i|mean|meant|ok|okay|that|take")
AROUND_A_NAME = re.compile(
    r"the|an?|your|please|cards?|and|now|then|next|ok|okay|open|show|see|give|me|us|let|once|more|again|i|meant?|sorry|typo"
)


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


def named_card(text: str, cards: Mapping[str, Card]) -> str | None:
    """Return the card whose id, title or content is all that a text says, or None.

    A part of a title will do if it is in no other one.
    """
    if not (said := _name(text)):
        return None
    names = ((card, (card, shown.title, abouts()[card])) for card, shown in cards.items())
    if whole := next((card for card, own in names if said in map(_name, own)), None):
        return whole
    partly = [c for c, shown in cards.items() if f" {said} " in f" {_name(shown.title)} "]
    return partly[0] if len(partly) == 1 else None


def _name(text: str) -> str:
    """Return the words of a name, in lower case, without those that may stand around it."""
    words = re.sub(r"[^\w ]", " ", text.lower()).split()
    return " ".join(word for word in words if not AROUND_A_NAME.fullmatch(word))
