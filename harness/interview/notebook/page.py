"""The interview as a page: what its address says after the question mark is what is preset."""

from __future__ import annotations

import html
import os
from urllib.parse import parse_qs

import ipywidgets as widgets

from harness.errors import PlainError, WrongUseError
from harness.interview.notebook.panel import interview

QUERY = "QUERY_STRING"  # where Voilà hands over the address
HEAD = (
    "<h2>Under 500: the mock interview</h2>"
    "<p>One question, a service with a hidden cause, and data for those who ask. Then a score, with quotes. "
    "Nothing of it leaves this machine.</p>"
)
NUMBERS = {"minutes": float, "seed": int}
WORDS = ("scenario", "level", "mode")


def page() -> widgets.Widget:
    """The interview that the address asks for: `?scenario=S01&seed=7&minutes=8`; else a sentence."""
    try:
        return widgets.VBox([widgets.HTML(HEAD), interview(**preset(os.environ.get(QUERY, "")))])
    except PlainError as error:
        return widgets.HTML(f'<p role="alert">{html.escape(str(error))}</p>')


def preset(query: str) -> dict[str, object]:
    """Arguments of `interview` in a query; what it does not know is left out.

    Raises WrongUseError for a number that is none.
    """
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    found: dict[str, object] = {name: given[name] for name in WORDS if name in given}
    for name, number in NUMBERS.items():
        if name in given:
            found[name] = _number(name, given[name], number)
    return found


def _number(name: str, text: str, number: type) -> float:
    try:
        return number(text)
    except ValueError as error:
        raise WrongUseError(f"{name}={text} in the address is no number: correct it.") from error
