"""Numbers in a candidate's words: times in ms, shares in percent, counts with their unit."""

from __future__ import annotations

import re

from harness.interview.reading import Number

SPOKEN = {"half a second": (500.0, "ms"), "a second": (1000.0, "ms"), "a minute": (60_000.0, "ms")}
UNITS = {
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds", "msec"), ("ms", 1.0)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("ms", 1000.0)),
    **dict.fromkeys(("%", "percent", "per cent"), ("%", 1.0)),
    **dict.fromkeys(("token", "tokens", "tok", "tokns"), ("tokens", 1.0)),
    **dict.fromkeys(("k", "thousand"), ("", 1000.0)),
    **dict.fromkeys(("million",), ("", 1e6)),
}
NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?|\.\d+) ?("
    + "|".join(sorted(UNITS, key=len, reverse=True))
    + r")?(?!\w)",
    re.IGNORECASE,
)
# "A second copy" is no time: what is spoken ends there, or goes on with one of these words.
IN_WORDS = re.compile(
    rf"(?<!\bof )\b({'|'.join(sorted(SPOKEN, key=len, reverse=True))})\b"
    r"(?=\W*$|[^\w\s]|\s+(and|or|but|is|are|was|for|in|to|of|off|more|less|per|each|at|on|from|after|before|"
    r"with|until|than|when|because|so|that|by|later|longer|faster|slower|instead|if|it|i|we|they|you)\b)",
    re.IGNORECASE,
)


def numbers(text: str) -> tuple[Number, ...]:
    """Return the numbers of a text, in order."""
    found = [(m.start(), _number(m)) for m in NUMBER.finditer(text)]
    found += [(m.start(), Number(*SPOKEN[m[0].lower()], m[0])) for m in IN_WORDS.finditer(text)]
    return tuple(number for _, number in sorted(found, key=lambda pair: pair[0]))


def _number(match: re.Match[str]) -> Number:
    unit, factor = UNITS.get((match[2] or "").lower(), ("", 1.0))
    return Number(float(match[1].replace(",", "") or 0) * factor, unit, match[0].strip())
