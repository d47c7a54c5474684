"""Dialogue acts: whether a candidate's turn asks, proposes, blames a component, gives up, and so on.

Also resolves the answer to a "did you mean": a letter, a number, "the second one", or the card's own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache

from harness.interview.content_files import CONTENT, Pattern, read
from harness.interview.scenario.cards import abouts

MAX_SENTENCES = 40  # per turn; the rest of a longer turn is ignored
MAX_CHARS = 20_000
MAX_QUESTIONS = 3  # answered in one turn
MAX_CHOICE_WORDS = 12  # a longer turn does not choose an offered card
ORDINALS = {
    **dict.fromkeys(("1", "a", "first", "yes", "one"), 0),
    **dict.fromkeys(("2", "b", "second", "two"), 1),
    **dict.fromkeys(("3", "c", "third", "last", "three"), 2),
}
FILLER = r"the|one|please|number|option|card|i|mean|meant|ok|okay|that|take"


class Act(StrEnum):
    """What a turn does, in the order in which the kinds are tried."""

    NOTHING = "nothing"
    GIVE_UP = "give_up"
    HELP = "help"
    DONE = "done"
    ASK = "ask"
    REMEDY = "remedy"
    BLAME = "blame"
    TELL = "tell"


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return one compiled expression for each kind of sentence."""
    kinds = read(CONTENT / "acts.yaml", dict[str, tuple[Pattern, ...]])
    return {
        kind: re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
        for kind, patterns in kinds.items()
    }


def act_of(text: str) -> Act:
    """Return the act of a whole turn; a question counts even among statements."""
    if not re.search(r"\w", text):
        return Act.NOTHING
    sentences = _sentences(text)
    for kind in (Act.GIVE_UP, Act.HELP, Act.DONE):
        if len(sentences) <= 2 and _any_match(kind, sentences):
            return kind
    if questions(text):
        return Act.ASK
    for kind in (Act.REMEDY, Act.BLAME):
        if _any_match(kind, sentences):
            return kind
    return Act.TELL


def questions(text: str) -> tuple[str, ...]:
    """Return the first three sentences that ask for something; "I would measure …" is one, too."""
    return tuple(s for s in _sentences(text) if _is_question(s))[:MAX_QUESTIONS]


def proposes(text: str) -> bool:
    """Return True if a sentence proposes a change."""
    return _any_match("remedy", [s for s in _sentences(text) if not _is_question(s)])


def picked_card(text: str, offered: Sequence[str]) -> str | None:
    """Return the offered card that the text chooses, or None."""
    words = re.sub(r"[^\w ]", " ", text.lower()).split()
    if len(words) > MAX_CHOICE_WORDS:
        return None
    left = [word for word in words if not re.fullmatch(FILLER, word)] or words
    if len(left) == 1 and (place := ORDINALS.get(left[0])) is not None and place < len(offered):
        return offered[place]
    line = " ".join(words)
    return next((card for card in offered if card in words or abouts()[card].lower() in line), None)


def _any_match(kind: str, sentences: Sequence[str]) -> bool:
    return any(_patterns()[kind].search(sentence) for sentence in sentences)


def _is_question(sentence: str) -> bool:
    return _any_match("question", [sentence]) or _any_match("request", [sentence])


def _sentences(text: str) -> list[str]:
    parts = re.split(r"(?<=[.?!])\s+|\n+|;\s", text[:MAX_CHARS])
    return [part.strip() for part in parts if part.strip()][:MAX_SENTENCES]
