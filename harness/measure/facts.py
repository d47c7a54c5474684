"""Does the exact fact stand in the text, and no rival of it?

Text and fact are cut into the same parts. A part has a shape: a number is "#", a code such as "E07" is "e#", a
word is itself in the singular. The fact "24 months" has the shape (#, month); wherever that shape stands in
the text, its number must be 24. So "a 24-month warranty" holds the fact, "124 months" does not, and
"12 or 24 months" names a rival.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

NUMBER = "#"


class Part(NamedTuple):
    """A word, number, code or sign; `value` is what may differ in a rival, "" for words and signs."""

    shape: str
    value: str = ""


# What the same unit is called, in the singular; everything else keeps the name it has.
UNITS = {
    alias: unit
    for unit, aliases in {
        "second": "s sec", "minute": "min", "hour": "h hr", "month": "mo", "year": "yr",
        "m": "meter metre", "mm": "millimeter millimetre", "cm": "centimeter centimetre",
        "g": "gram gramme", "kg": "kilogram", "w": "watt", "v": "volt", "a": "amp ampere",
        "mb": "megabyte", "gb": "gigabyte", "db": "decibel", "nit": "nits", "%": "percent",
        "c": "celsius", "°": "degree",
    }.items()
    for alias in aliases.split()
}  # fmt: skip

_TO_NINETEEN = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"  # not "one": it is nearly always a pronoun
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = (
    {word: n for n, word in enumerate(_TO_NINETEEN, start=2)}
    | {ten: 10 * n for n, ten in enumerate(_TENS, start=2)}
    | {
        f"{ten}{dash}{one}": 10 * n + m
        for n, ten in enumerate(_TENS, start=2)
        for m, one in enumerate(["one", *_TO_NINETEEN[:8]], start=1)
        for dash in "- "
    }
)
