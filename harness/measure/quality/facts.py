"""A check that a text contains an exact fact and no rival of it.

The fact "24 months" has the shape (#, month). Wherever that shape occurs in the text, its number must be 24:
"a 24-month warranty" contains the fact, "124 months" does not, and "12 or 24 months" names a rival. A fact
without a number ("amber blinking twice") only has to occur: its rivals cannot be told from other words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from harness.measure.quality.spelling import MONEY, NUMBER, Part, parts

# Between numbers that share one unit: "12, 18 or even 24 months", "12 to 24 months".
LINKS = frozenset(
    {",", "/", "or", "and", "to", "up", "through", "until", "not", "but", "nor", "even", "maybe"}
    | {"perhaps", "possibly", "either", "about", "around"}
)
# What may follow a number that leaves its unit out: "24 months, or 36 if you register".
TRAILERS = LINKS | frozenset(
    {".", ";", ":", "!", "?", "if", "when", "for", "in", "on", "at", "with", "from", "after", "is"}
    | {"are", "depending"}
)
# A longer text is no answer: it could name every value. Looking for linked numbers takes time by its square.
MOST_CHARS = 4_000
PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?")


def holds_fact(text: str, fact: str) -> bool:
    """Return True if `text` has at most MOST_CHARS, contains `fact` and no other value of the same shape.

    Raises ValueError if the fact has no words or numbers.
    """
    fact_parts = parts(fact)
    if not fact_parts:
        raise ValueError(f"The fact {fact!r} has nothing to look for: give a value with its unit.")
    if len(text) > MOST_CHARS:
        return False
    shape = tuple(part.shape for part in fact_parts)
    values_in_text = {_canonical(shape, values) for values in _occurrences(parts(text), shape)}
    return values_in_text == {_canonical(shape, tuple(part.value for part in fact_parts))}


def _occurrences(text: Sequence[Part], shape: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the values of every stretch of `text` with `shape`, and of numbers that share its unit."""
    for start in range(len(text) - len(shape) + 1):
        end = start + len(shape)
        if tuple(part.shape for part in text[start:end]) != shape:
            continue
        yield tuple(part.value for part in text[start:end])
        if shape.count(NUMBER) == 1:
            for number in (*_before(text, start, shape[0]), *_after(text, end)):
                yield tuple(number if part == NUMBER else "" for part in shape)


def _before(text: Sequence[Part], start: int, first: str) -> Iterator[str]:
    """Yield the numbers linked to one whose unit follows: 12 and 18 in "12, 18 or 24 months"."""
    if first not in (NUMBER, MONEY):
        return
    links = LINKS | {MONEY} if first == MONEY else LINKS
    for at in range(start - 1, -1, -1):
        if text[at].shape == NUMBER:
            if first == NUMBER and at and text[at - 1].shape == MONEY:
                return  # "$39 and 24 months": the 39 has its unit
            yield text[at].value
        elif text[at].shape not in links:
            return


def _after(text: Sequence[Part], end: int) -> Iterator[str]:
    """Yield the number that follows without a unit: 36 in "24 months or 36", 44 in "$39-44"."""
    at = end
    while at < len(text) and text[at].shape in LINKS:
        at += 1
    if at == len(text) or text[at].shape != NUMBER:
        return
    if at + 1 == len(text) or text[at + 1].shape in TRAILERS:
        yield text[at].value


def _canonical(shape: tuple[str, ...], values: tuple[str, ...]) -> tuple[object, ...]:
    """Normalise quantities: 7.50 hours are 7.5 hours, but firmware 4.10 is not 4.1 and E7 is not E07."""
    if shape[0] not in (NUMBER, MONEY):
        return values
    return tuple(Decimal(v) if PLAIN_NUMBER.fullmatch(v) else v for v in values)
