"""Comparison of the numbers that a candidate quotes with the cards that were opened."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.interview.scenario.casefile import CaseFile, Number

TOLERANCE = 0.05  # people round: 2,340 ms is "2.3 seconds"
QUOTED = re.compile(
    r"(?i)(?<![\w.])(\d[\d,]*(?:\.\d+)?|\.\d+) ?"
    r"(milliseconds?|millis|ms|seconds?|secs?|s|%|percent|tokens?|tok|vectors?|dims?|k|gb|mb|users?|requests?)?(?!\w)"
)
# The numbers of the question and of the classic table, in ms: anybody can recite them.
KNOWN_BY_HEART = (100, 200, 300, 500, 700, 800, 1000, 2500, 3000, 3200, 3500, 4000)
UNITS = {
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds"), ("ms", 1.0)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("ms", 1000.0)),
    **dict.fromkeys(("%", "percent"), ("%", 1.0)),
    **dict.fromkeys(("token", "tokens", "tok"), ("tokens", 1.0)),
}


def quoted(text: str) -> list[Number]:
    """Return the numbers in a text with their units; times are converted to ms."""
    return [_number(value, unit or "") for value, unit in QUOTED.findall(text)]


def times(numbers: Iterable[Number]) -> list[float]:
    """Return the values in ms."""
    return [value for value, unit in numbers if unit == "ms"]


def grounded(text: str, case: CaseFile, opened: Iterable[str]) -> bool | None:
    """Return True if a time in `text` is on an opened card, within 5 %; None if the text quotes no time."""
    return bool(grounded_times(text, case, opened)) if times(quoted(text)) else None


def grounded_times(text: str, case: CaseFile, opened: Iterable[str]) -> list[float]:
    """Return the times in `text`, in ms, that are on an opened card, within 5 %."""
    numbers = (n for card in opened for n in case.card_numbers.get(card, ()))
    shown = times(_number(str(value), unit) for value, unit in numbers)
    spoken = times(quoted(text))
    return [a for a in spoken if any(abs(a - b) <= TOLERANCE * b for b in shown)]


def own_times(text: str, case: CaseFile, opened: Iterable[str]) -> list[float]:
    """Return the grounded times that are not known by heart."""
    known = [(TOLERANCE * time, time) for time in KNOWN_BY_HEART]
    found = grounded_times(text, case, opened)
    return [time for time in found if all(abs(time - a) > reach for reach, a in known)]


def _number(value: str, unit: str) -> Number:
    name, factor = UNITS.get(unit.lower(), (unit.lower(), 1.0))
    return float(value.replace(",", "") or 0) * factor, name
