"""Sentences of cards that answer a question: what is on the table is read out, not shown again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.interview.scenario.cards import Card

SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9\"“])")
WORD = re.compile(r"[a-z0-9]+")
ENDINGS = re.compile(r"(ings?|ies|es|ed|s|er|ly|e|y)$")
MIN_STEM = 3  # letters
# Words that say nothing about a subject.
COMMON = """
the and that this with from for are was were has have had not but our your their they them there here what
which when where who how why does did doing done can could should would will may might must one two first
last next than then also just only very much many more most some any all each every other into onto over
under about after before while still its you see say says said tell show give get got let know think
need want take make made time times long card cards number really question questions request requests answer
answers average traced trace
"""


def read_out(cards: Iterable[Card], question: str, least: int) -> tuple[Card, str] | None:
    """Return the card, and the sentence of its note, that shares most words with a question.

    least: the words that it must share; None if no sentence does.
    """
    asked = _stems(question)
    found = [(len(asked & _stems(said)), card, said) for card in cards for said in _sentences(card)]
    shared, card, said = max(found, key=lambda each: each[0], default=(0, None, ""))
    return (card, said) if card and shared >= least else None


def _sentences(card: Card) -> list[str]:
    return SENTENCE.split(card.note)


def _stems(text: str) -> frozenset[str]:
    words = set(WORD.findall(text.lower())) - set(COMMON.split())
    stems = (ENDINGS.sub("", word) if len(word) > MIN_STEM + 1 else word for word in words)
    return frozenset(stem for stem in stems if len(stem) >= MIN_STEM)
