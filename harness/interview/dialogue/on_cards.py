"""Sentences of cards that answer a question: what is on the table is read out, not shown again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from harness.interview.scenario.cards import Card

SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9\"“])")
INTRODUCES = re.compile(r"(These|This) (are|is)\b|The table\b")
READ_OUT = 60  # words that are read out at most, of two sentences
WORD = re.compile(r"[a-z0-9]+")
ENDINGS = re.compile(r"(ings?|ies|es|ed|s|er|ly|e|y)$")
MIN_STEM = 3  # letters
# Words that say nothing about a subject.
COMMON = """
the and that this with from for are was were has have had not but our your their they them there here what
which when where who how why does did doing done can could should would will may might must one two first
last next than then also just only very much many more most some any all each every other into onto over
under about after before while still its you see say says said tell give get got let know think
need want take make made time times long card cards number really question questions request requests answer
answers average traced trace
"""


def read_out(cards: Iterable[Card], question: str, least: int) -> tuple[Card, str] | None:
    """Return the card, and the sentence of its note, that shares most words with a question.

    The next sentence is added if both are short. least: the words that must be shared; None if no sentence
    shares as many.
    """
    asked = _stems(question)
    found = [
        (len(asked & _stems(one)), card, one, after)
        for card in cards
        for one, after in _sentences(card)
    ]
    shared, card, one, after = max(found, key=lambda each: each[0], default=(0, None, "", ""))
    if card is None or shared < least:
        return None
    both = f"{one} {after}".strip()
    return card, both if len(both.split()) <= READ_OUT else one


def shared_words(one: str, other: str) -> int:
    """Return how many words that say what a text is about are in both."""
    return len(_stems(one) & _stems(other))


def _sentences(card: Card) -> Iterator[tuple[str, str]]:
    """Yield each sentence with the next one or "", but for those that only introduce a table."""
    found = [said for said in SENTENCE.split(card.note) if not INTRODUCES.match(said)]
    yield from zip_longest(found, found[1:], fillvalue="")


def _stems(text: str) -> frozenset[str]:
    """Return the words of a text that say what it is about, without their endings."""
    words = set(WORD.findall(text.lower())) - set(COMMON.split())
    stems = (ENDINGS.sub("", word) if len(word) > MIN_STEM + 1 else word for word in words)
    return frozenset(stem for stem in stems if len(stem) >= MIN_STEM)
