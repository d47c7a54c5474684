"""under500 interview read: what the interviewer hears in a turn, for many turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.interview.json_lines import json_lines, text_of
from harness.cli.output import Json, print_json, say
from harness.errors import WrongUseError
from harness.interview.reading import REFUSED

TEXTS = ("scenario", "text")


def read(
    turns: Annotated[
        Path,
        typer.Option(
            help="File with one JSON object a line (id, scenario, before, text); - for standard input."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Say what is heard in turns: what each does, asks for and proposes, and whether its cause is right."""
    from harness.interview.listening.listener import heard

    items = list(_items(text_of(turns)))
    if not items:
        raise WrongUseError(f"{turns} has no turns: write one per line, with an id and a text.")
    named = _named_remedies()
    for name, scenario, before, text in items:
        reading = heard(text, before, scenario).to_json()
        reading["remedies"] = [r for r in reading["remedies"] if r.removeprefix(REFUSED) in named]
        if as_json:
            print_json({"id": name} | reading)
        else:
            say(f"{name}: {json.dumps(reading)}")


def _named_remedies() -> set[str]:
    """Return the ids that the scenarios and the rubric use; the interviewer hears more than these."""
    from harness.interview.listening.remedies import remedies
    from harness.interview.scenario.scenario import scenarios

    used = {remedy for scenario in scenarios().values() for remedy in scenario.remedies}
    return used | {remedy for remedy in remedies() if remedy.startswith("STK-")}


def _items(text: str) -> Iterator[tuple[object, str, str, str]]:
    """Yield (id, scenario, before, text) of each line. Raises WrongUseError, naming the line."""
    from harness.interview.scenario.scenario import scenario
    from harness.interview.scenario.transcript import whole_characters

    for number, item in json_lines(text, "turns"):
        if not isinstance(item, dict) or not all(isinstance(item.get(t), str) for t in TEXTS):
            raise WrongUseError(
                f'Line {number} of the turns needs "id", "scenario" and "text": '
                '{"id": 1, "scenario": "S07", "before": "", "text": "…"}.'
            )
        case, said = scenario(item["scenario"]).id, whole_characters(item["text"])
        yield item.get("id"), case, whole_characters(_before(item.get("before"))), said


def _before(value: object) -> str:
    """Return what the interviewer said before: a text, or the last of several turns."""
    if isinstance(value, list):
        return _before(value[-1]) if value else ""
    if isinstance(value, dict):
        return _before(value.get("text"))
    return value if isinstance(value, str) else ""
