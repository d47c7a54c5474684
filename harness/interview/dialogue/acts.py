"""What a candidate does with a turn: ask, propose, blame a part, give up, ask for help, be done, or tell."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from harness.interview.content_files import CONTENT, Pattern, read

MAX_SENTENCES = 40  # of a turn that are looked at; a longer one is a speech, and told
MAX_CHARS = 20_000
ASKED_AT_ONCE = 3  # questions of one turn that are answered


class Act(StrEnum):
    """In the order in which they are looked for, within a turn."""

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
    """One expression for each kind of sentence."""
    kinds = read(CONTENT / "acts.yaml", dict[str, tuple[Pattern, ...]])
    return {
        kind: re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
        for kind, patterns in kinds.items()
    }


def act(text: str) -> Act:
    """What the turn as a whole does; a question counts even where it stands among statements."""
    if not re.search(r"\w", text):
        return Act.NOTHING
    sentences = _sentences(text)
    for kind in (Act.GIVE_UP, Act.HELP, Act.DONE):
        if len(sentences) <= 2 and any(_patterns()[kind].search(one) for one in sentences):
            return kind
    if questions(text):
        return Act.ASK
    for kind in (Act.REMEDY, Act.BLAME):
        if any(_patterns()[kind].search(one) for one in sentences):
            return kind
    return Act.TELL


def questions(text: str) -> tuple[str, ...]:
    """The sentences that ask for something, at most three; "I would measure …" asks, too."""
    asked = [one for one in _sentences(text) if _asks(one)]
    return tuple(asked[:ASKED_AT_ONCE])


def proposes(text: str) -> bool:
    """True when a sentence proposes a change."""
    return any(_patterns()["remedy"].search(one) and not _asks(one) for one in _sentences(text))


def _asks(sentence: str) -> bool:
    found = _patterns()
    return bool(found["question"].search(sentence) or found["request"].search(sentence))


def _sentences(text: str) -> list[str]:
    parts = re.split(r"(?<=[.?!])\s+|\n+|;\s", text[:MAX_CHARS])
    return [part.strip() for part in parts if part.strip()][:MAX_SENTENCES]
