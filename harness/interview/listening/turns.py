"""The parts of a turn: its sentences, and the clauses of a sentence that does two things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.interview.scoring import sentences

MAX_PARTS = 24  # of a turn; reading more would keep the candidate waiting
MIN_WORDS = 3  # of a clause; a shorter one stays with its neighbour
ASKS = r"(?:what|which|how|when|where|who|why|is|are|does|do|did|has|have|can|pull|show|give)"
CLAUSE = re.compile(
    r",\s+(?=(?:but|so|and then|and i.?d|then i|however|(?:could|can) (?:you|i|we))\b)|\s+-{1,2}\s+|"
    rf",\s+and\s+(?={ASKS}\b)|\s+(?:n|&)\s+(?={ASKS}\b)",
    re.IGNORECASE,
)
LONG = 20  # words of a clause; a longer one is dictated, and is split before a conjunction
DICTATED = re.compile(
    r"\s+(?=(?:but|so|because|cause|and (?:then|i|we|what|how|can|is|are|does|did|where))\b)|"
    r"(?<!and)\s+(?=then (?:i|we)\b)",
    re.IGNORECASE,
)
MAX_ITEMS = 6  # of an enumeration
ITEM = re.compile(r"\s*(?:,|;|/|\+|\band\b|\bplus\b)\s*", re.IGNORECASE)
WORD = re.compile(r"\w+")


def parts(text: str) -> tuple[str, ...]:
    """Return the sentences and clauses of a turn, in order; none for a turn without words."""
    found = [part for s in sentences.read(text).sentences for part in _clauses(s.text)]
    return tuple(found[:MAX_PARTS])


def items(sentence: str) -> tuple[str, ...]:
    """Return the members of an enumeration, or nothing if the sentence has a single one."""
    found = [item.strip(" .?!:") for item in ITEM.split(sentence)]
    found = [item for item in found if WORD.search(item)]
    return tuple(found[:MAX_ITEMS]) if len(found) > 1 else ()


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses; one of fewer than MIN_WORDS words is joined to the one before."""
    clauses: list[str] = []
    for clause in (c for part in CLAUSE.split(sentence) for c in _dictated(part)):
        short = len(WORD.findall(clause)) < MIN_WORDS
        if clauses and (short or len(WORD.findall(clauses[-1])) < MIN_WORDS):
            clauses[-1] += f", {clause}"
        else:
            clauses.append(clause)
    yield from clauses


def _dictated(clause: str) -> list[str]:
    """Return the pieces of a clause that is too long for a written one."""
    return DICTATED.split(clause) if len(WORD.findall(clause)) > LONG else [clause]
