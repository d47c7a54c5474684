"""The interview as a web page; the query string of its address presets the form."""

from __future__ import annotations

import html
import os
from pathlib import Path
from urllib.parse import parse_qs

import ipywidgets as widgets

from harness.errors import PlainError, WrongUseError
from harness.interview.notebook.panel import interview

QUERY = "QUERY_STRING"  # the environment variable in which Voilà passes the query string
STYLE = Path(__file__).with_name("page.css")
HEAD = (
    "<h2>Under 500: the mock interview</h2>"
    "<p>You are asked why a service is slow. Ask for data, find the hidden cause and say what you would do; "
    "then you get a score, with quotes. Everything stays on this machine.</p>"
)
NUMBERS = {"minutes": float, "seed": int}
WORDS = ("scenario", "level", "mode", "style")


def page() -> widgets.Widget:
    """Return the interview for the address, as `?scenario=S01&seed=7&minutes=8`, or an error message."""
    try:
        shown = interview(**preset(os.environ.get(QUERY, "")))
        style = f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
        box = widgets.VBox([widgets.HTML(style + HEAD), shown])
        box.add_class("u5-page")
        return box
    except PlainError as error:
        return widgets.HTML(f'<p role="alert">{html.escape(str(error))}</p>')


def preset(query: str) -> dict[str, object]:
    """Return the arguments of `interview` in a query string; unknown ones are ignored.

    Raises WrongUseError if a number cannot be parsed.
    """
    values = {name: texts[-1] for name, texts in parse_qs(query).items()}
    arguments: dict[str, object] = {name: values[name] for name in WORDS if name in values}
    for name, number in NUMBERS.items():
        if name in values:
            arguments[name] = _number(name, values[name], number)
    return arguments


def _number(name: str, text: str, number: type) -> float:
    try:
        return number(text)
    except ValueError as error:
        raise WrongUseError(
            f"The address has {name}={text}, which is no number: correct it."
        ) from error
