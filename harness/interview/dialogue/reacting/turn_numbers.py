"""The numbers of a turn: which are on an opened card, and which want a source."""

from __future__ import annotations

import re

from harness.interview.dialogue.reacting.turn import Turn
from harness.interview.reading import Number
from harness.interview.scoring.grounding import TOLERANCE

GOAL_MS = 500  # what product asks for, in every case
DIGITS = 2  # of a number that is taken to be read off a card; "10 ms" may be anything's
READ_OFF = 0.01  # of a number that is not rounded; a larger difference is a sum of one's own


def number_from_card(turn: Turn) -> str | None:
    """Return the candidate's words for the first number that an opened card shows, or None."""
    numbers = (n for n in turn.reading.numbers if n.unit and re.search(r"\d", n.quote))
    written = (n for n in numbers if _digits(n.value) >= DIGITS)
    return next((n.quote for n in written if is_on_card(n, turn) and not _given(n, turn)), None)


def number_to_explain(turn: Turn) -> str | None:
    """Return the candidate's words for the first number with a unit that is on no card and was not named."""
    known = (_given, _said_before, is_on_card)
    new = (n for n in turn.reading.numbers if n.unit and not any(k(n, turn) for k in known))
    return next((n.quote for n in new), None)


def _said_before(number: Number, turn: Turn) -> bool:
    """Return True if the candidate has named a number in an earlier turn."""
    earlier = turn.state.heard[:-1]
    return any((n.value, n.unit) == (number.value, number.unit) for r in earlier for n in r.numbers)


def _given(number: Number, turn: Turn) -> bool:
    """Return True if the interviewer has named a number, such as the goal."""
    if number.unit == "ms" and number.value == GOAL_MS:
        return True
    said = " ".join(e.text for e in turn.state.events if e.who == "interviewer" and e.text)
    return bool(re.search(rf"(?<![\d.,]){re.escape(number.quote)}(?!\w|\.\d)", said))


def is_on_card(number: Number, turn: Turn) -> bool:
    """Return True if a number is on an opened card, in its unit, within 1 %, or 10 % if it is rounded."""
    figures = (f for c in turn.state.opened for f in turn.session.cards[c].figures)
    same = (f.value for f in figures if f.unit.split(" ")[0] == number.unit)
    return any(_close(number.value, value) for value in same)


def _close(said: float, value: float) -> bool:
    digits = max(1, _digits(said))
    rounded = float(f"{value:.{digits}g}") == said
    return abs(said - value) <= (2 * TOLERANCE if rounded else READ_OFF) * abs(value)


def _digits(value: float) -> int:
    """Return the number of significant digits."""
    return len(f"{value:.15g}".replace(".", "").strip("0"))
