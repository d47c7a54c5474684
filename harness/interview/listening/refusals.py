"""Refusals: whether a turn opens with one, and which of its sentences refuse what they name.

The encoder decides about each remedy by itself. In a turn that begins with a refusal and lists several, as
strong candidates give near the end, it takes some for proposals; there the sentences decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+")
REFUSED_VERBS = (
    r"(?:go (?:for|with)|do (?:that|it|this)|take|touch|use|buy|pay|swap|change|cut|shorten|cache|stream|"
    r"switch|spend|sign|order|build|sell|remove|reduce|recommend|drop|add|route|batch|quanti\w+|chase)"
)
# A list of what is not done: it goes on until something else is put forward.
HEADING = (
    r"^\W*(?:so |and |also )*(?:not doing|rejected|refused|won.?t do|things i.?m not doing|"
    r"what i(?:.?d| would) leave (?:alone|out|as it is)|"
    r"what i(?:.?d|.?ll| would| will| won.?t| wouldn.?t)(?: not)?(?<=t)(?: ever)? do)\b"
)
REFUSES = (
    r"\b(?:i|we)(?:.?d| would|.?ll| will)(?: (?:also|really|certainly|definitely|still|rather))*"
    rf" not (?:even )?{REFUSED_VERBS}\b|"
    rf"(?:^\W*|\b(?:i|we|and|or) )(?:wouldn.?t|won.?t) (?:even )?{REFUSED_VERBS}\b|\bnor would i\b|"
    r"(?<!by )\b(?:not|never) "
    r"(?:touching|taking|buying|doing|going (?:for|with)|swapping|paying|signing|adding)\b|"
    r"\b(?:out of the question|hard no|is a waste)\b|\bi(?: also)? (?:reject|refuse|rule out|veto)\b|"
    rf"\b(?:i.?d|i would|i.?ll|i|we)(?: also)? leave [^.;,]{{2,50}}\b(?:be|alone|out)\b|^\W*no to\b|{HEADING}"
)
# What refuses, too, once the turn has begun with a refusal.
REFUSES_ALSO = (
    rf"{REFUSES}|\bno,? (?:thanks?|way)\b|\b(?:some other|another) day\b|\blater\b|,? no[.!]?$|"
    r"^\W*(?:no|nor|nope|nah)\b|\bsame for\b|\bnot worth\b"
)
GOES_ON = re.compile(
    r"\b(instead|rather|what i (would|.?d|will) (?!not)|first|i propose|i suggest|let.?s|so (i|we))\b",
    re.IGNORECASE,
)
PLANS = re.compile(r"\b(i.?d|i would|i.?ll|i will|let.?s)\b", re.IGNORECASE)
# A plan beside the refusal: "I would not buy a card, I'd stream."
PUT_INSTEAD = re.compile(
    r"\b(i.?d|i would|i.?ll|i will|let.?s|my plan)\b(?! (also |really |certainly )?(not|leave|keep)\b)",
    re.IGNORECASE,
)
# "A second box? Nah."
ASKED = re.compile(
    r"^\W*(?!(?:what|how|which|who|where|when|why|is|are|do|does|did|can|could|will|would|has|have)\b)"
    r"[^.?!\d]{2,60}\?\s+(?:\w+,? ){0,2}(?:no|nope|nah|never)\b",
    re.IGNORECASE,
)
OPENS, LISTS, REFUSED = (re.compile(p, re.IGNORECASE) for p in (REFUSES, HEADING, REFUSES_ALSO))
OPENING = 8  # words that may stand before the refusal: "Hm. And the cache?"


def opens_with_refusal(text: str) -> bool:
    """Return True if a turn refuses something before it says anything else."""
    if ASKED.search(text):
        return True
    before = 0
    for _, sentence in _sentences(text):
        if OPENS.search(sentence):
            return True
        before += len(sentence.split())
        if before > OPENING or PLANS.search(sentence):
            break
    return False


def refuses_at(text: str, place: int) -> bool:
    """Return True if what is named at a place of a turn that opens with a refusal is refused, too."""
    listed = False
    for begin, sentence in _sentences(text):
        goes_on = GOES_ON.search(sentence) or PUT_INSTEAD.search(sentence)
        listed = bool(LISTS.search(sentence)) or (listed and not goes_on)
        if begin <= place < begin + len(sentence):
            asked = begin == 0 and ASKED.search(text)
            planned = PUT_INSTEAD.search(sentence[: place - begin])
            return not planned and bool(listed or asked or REFUSED.search(sentence))
    return False


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield (place, sentence)."""
    place = 0
    for sentence in SENTENCE.split(text):
        place = text.index(sentence, place)
        yield place, sentence
        place += len(sentence)
