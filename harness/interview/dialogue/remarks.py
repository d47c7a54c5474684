"""Turns that say nothing about the case: about the interview itself, wishes for help, and asides."""

from __future__ import annotations

import re

from harness.interview.dialogue.asking import ONCE_MORE, SENTENCE, asked_last, questions
from harness.interview.dialogue.moves import Phase, State
from harness.interview.dialogue.wording import Wordings, aside, small_talk
from harness.interview.reading import Act, Reading

HELP = re.compile(r"\b(hints?|clues?|help|stuck|missing|forg[eo]t\w*)\b", re.IGNORECASE)
# Kinds of small talk.
CONVERSATION = (
    "practical",
    "human",
    "over",
    "length",
    "task",
    "asking",
    "orders",
    "verdict",
    "stop",
)
OF_PRODUCT = re.compile(
    r"\bwhat(?:.?s| does| did)? (?:he|she|the p\.?m\.?|(?:the )?product(?: \w+)?)\b"
    r"[^.?!]{0,15}\b(?:say|think|believe|blame|suspect)s?\b",
    re.IGNORECASE,
)
YES_NO = re.compile(r"^\W*(yes|yeah|yep|no|nope|sure|of course|certainly|ok(ay)?)\b", re.IGNORECASE)
# Other words follow, no repetition.
CORRECTS = re.compile(r"\bi mean(t)?\b|\btypo\b", re.IGNORECASE)
OVER = "small_talk.over."  # wordings that ask what is still open
NOTHING = re.compile(r"^\W*(no|nope|nah|nothing|none|that.?s (it|all))\b(?!.{40})", re.IGNORECASE)
REMARK = 6  # words; a longer turn of thanks or beside the subject is still taken up
AGAIN = 12  # words; a longer turn says more than that it was not understood
NEEDS_NONE = re.compile(r"\b(don.?t|do not) (need|want|care)\b", re.IGNORECASE)
# Words; a longer "I don't know", of one sentence or of several, says more.
LOST, LOST_IN_PARTS = 18, 10


def about_the_interview(reading: Reading, text: str) -> tuple[str, Wordings] | None:
    """Return the kind of a turn about the conversation itself, and its answers; else None.

    What is about the interview may sound like a request for data.
    """
    talk = small_talk(text)
    if talk is None or reading.proposed or reading.suspect:
        return None
    return talk if talk[0] in CONVERSATION or not reading.cards else None


def asks_product(text: str) -> bool:
    """Return True if a turn ends by asking what the product manager believes."""
    return bool(OF_PRODUCT.search(asked_last(text)))


def finishes(state: State, text: str) -> bool:
    """Return True if a turn says that nothing is to be added, when that was asked."""
    asked = state.phase == Phase.WRAP or any(key.startswith(OVER) for key in state.used[-1:])
    return asked and bool(NOTHING.search(text))


def wants_help(reading: Reading, text: str) -> bool:
    """Return True if a turn asks for a hint, rather than for data."""
    return Act.HINT in reading.acts and bool(HELP.search(text) or not reading.cards)


def is_lost(reading: Reading, text: str) -> bool:
    """Return True if the candidate only says, in few words, that they do not know."""
    long = len(text.split()) > (LOST if len(SENTENCE.split(text.strip())) == 1 else LOST_IN_PARTS)
    more = Act.ASK in reading.acts or questions(text) or long or NEEDS_NONE.search(text)
    return Act.DONT_KNOW in reading.acts and not (more or _is_on_case(reading))


def wants_it_again(reading: Reading, text: str) -> bool:
    """Return True if a turn wants the interviewer's question again, and says nothing else."""
    bare = len(text.split()) <= AGAIN and not CORRECTS.search(text)
    return bool(ONCE_MORE.search(text)) or (Act.REPEAT in reading.acts and bare)


def aside_only(reading: Reading, text: str) -> tuple[str, Wordings] | None:
    """Return the kind of a turn beside the subject, and its answers; None if it says more than that."""
    if Act.OFF_TOPIC not in reading.acts:
        return None
    kind, wordings = aside(text)
    short = len(text.split()) <= REMARK
    empty = (
        set(reading.acts) == {Act.OFF_TOPIC} and not reading.numbers and not _is_on_case(reading)
    )
    plain = kind not in ("thanks", "other") or (kind == "other" and empty)
    return (kind, wordings) if short or plain else None


def _is_on_case(reading: Reading) -> bool:
    return bool(reading.cards or reading.proposed or reading.suspect)
