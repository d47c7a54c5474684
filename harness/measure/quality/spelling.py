"""A normaliser that cuts text into comparable parts, with one spelling for each way to write a value.

"24-Month", "24 months" with a non-breaking space, and "twenty-four months" all become the same two
parts: the number 24 and the word "month".
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

NUMBER, MONEY = "#", "$"  # shapes


class Part(NamedTuple):
    """A word, number, code or sign.

    shape: "#" for a number, the letters and "#" for a code ("e#" for E07), else the word or sign.
    value: the digits of a number or code; "" for words and signs.
    """

    shape: str
    value: str = ""


UNITS = {  # only the units that the help centre uses
    **{"s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour"},
    **{"mo": "month", "yr": "year", "percent": "%", "degree": "°", "celsius": "c"},
    **{"meter": "m", "metre": "m", "millimeter": "mm", "millimetre": "mm", "gram": "g"},
    **{"watt": "w", "volt": "v", "amp": "a", "decibel": "db"},
    **{"megabyte": "mb", "gigabyte": "gb"},
}

# Without "one", which is nearly always a pronoun.
SMALL = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# The long words come first, so that a pattern matches "thirty-six" before "thirty".
NUMBER_WORDS = (
    {f"{t}-{d}": 10 * n + m for n, t in enumerate(TENS, 2) for m, d in enumerate(SMALL[:8], 2)}
    | {f"{t}-one": 10 * n + 1 for n, t in enumerate(TENS, 2)}
    | {word: n for n, word in enumerate(SMALL, 2)}
    | {word: 10 * n for n, word in enumerate(TENS, 2)}
)

AMOUNT = r"\d+(?:\.\d+)*"
SPELLINGS = [  # applied in this order, to lower case
    (re.compile(r"['’]s\b"), ""),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),  # 1,200 entries
    (re.compile(r"(?<![\w.])\.(?=\d)"), "0."),  # .5 hours
    (re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b"), lambda m: str(NUMBER_WORDS[m[1]])),
    (re.compile(r"\bper cent\b"), "%"),
    (re.compile(r"\bversion (?=\d)|\bv(?=\d)"), ""),  # firmware version 4.2, firmware v4.2
    (re.compile(r"\busd ?(?=\d)"), "$"),
    (re.compile(rf"({AMOUNT})[ -]?(?:us )?(?:dollars?|usd)\b"), r"$\1"),
    (re.compile(rf"(\$ ?{AMOUNT}) ?(?:/ ?|an? |each |every )(?=[a-z])"), r"\1 per "),
    (re.compile(rf"(\$ ?{AMOUNT}) (month|year)ly\b"), r"\1 per \2"),
]
THIN_THOUSANDS = re.compile("(?<=\\d)[\u00a0\u2009\u202f](?=\\d{3}(?!\\d))")  # 1 200 entries
PART = re.compile(rf"(?P<code>[a-z]+\d\w*)|(?P<number>{AMOUNT})|[^\W\d_]+|[$%°/,.;:!?]")
CODE = re.compile(r"(ip(?=[x\d])|[a-z]+)(.*)")  # in IP codes (IEC 60529) X is a digit not given


def parts(text: str) -> list[Part]:
    """Return the parts of `text` in order, without hyphens, brackets, quotes and the like."""
    return [_part(match) for match in PART.finditer(_plain(text))]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", THIN_THOUSANDS.sub("", text)).lower()
    text = "".join(_plain_char(char) for char in text)
    for pattern, spelling in SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _plain_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":  # soft hyphen, zero-width space
        return ""
    return "-" if category == "Pd" or char == "\u2212" else char


def _part(match: re.Match[str]) -> Part:
    if match["number"]:
        return Part(NUMBER, match["number"])
    if match["code"]:
        letters, value = CODE.fullmatch(match["code"]).groups()
        return Part(letters + NUMBER, value)
    word = _singular(match[0])
    return Part(UNITS.get(word, word))


def _singular(word: str) -> str:
    """Return the same form for singular and plural; it need not be an English word."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    # A two-letter word is an abbreviation: "ms" is not the plural of "m".
    plural = len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us"))
    return word[:-1] if plural else word
