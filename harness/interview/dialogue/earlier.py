"""An interview that was interrupted: its session and inputs, read from its transcript.

The interviewer is a pure function of the inputs, so that repeating them leads to the same place, and
repeating the first few leads to an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.interview.dialogue.moves import Input, Opened, Utterance
from harness.interview.dialogue.play import BY, COMMANDS, OPEN
from harness.interview.dialogue.speech import Style
from harness.interview.scenario import transcript as transcripts
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario
from harness.interview.scenario.transcript import Event

MINUTES = 20  # of a transcript that does not say


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier interview. ended: True if it came to its debrief."""

    session: Session
    style: Style
    inputs: tuple[Input, ...]
    ended: bool


def earlier(path: Path) -> Earlier:
    """Return the interview of a transcript, however it was edited.

    Raises WrongUseError if the file is not a transcript, BadContentError if its scenario is not installed.
    """
    recorded = transcripts.load(path)
    extra = _extra(path)
    first, header = extra.get(1, {}), recorded.header
    minutes = first.get("minutes")
    session = Session(
        scenario(header.scenario),
        header.seed,
        header.level,
        header.mode,
        minutes if isinstance(minutes, int | float) and 0 < minutes <= 120 else MINUTES,
    )
    style = first.get("style")
    style = Style(style) if style in tuple(Style) else Style.FRIENDLY
    commands = {line: values.get(BY) for line, values in extra.items()}
    debriefed = any(
        e.who == "interviewer" and "The cause was " in (e.text or "") for e in recorded.events
    )
    return Earlier(session, style, tuple(_inputs(recorded.events, commands)), debriefed)


def before_turn(inputs: Iterable[Input], turn: int) -> tuple[Input, ...]:
    """Return the inputs before the candidate's turn number `turn`, from 0."""
    inputs = tuple(inputs)
    spoken = [i for i, given in enumerate(inputs) if isinstance(given, Utterance)]
    return inputs[: spoken[turn]] if turn < len(spoken) else inputs


def _inputs(events: Iterable[Event], commands: Mapping[int, object]) -> Iterator[Input]:
    for event in events:
        command = commands.get(event.line)
        if event.who == "candidate" and event.text is not None:
            yield Utterance(event.t, event.text)
        elif isinstance(command, str) and command.startswith(OPEN):
            yield Opened(event.t, command.removeprefix(OPEN))
        elif command in COMMANDS:
            yield COMMANDS[command](event.t)


def _extra(path: Path) -> dict[int, dict[str, object]]:
    """Return all fields of each line, by its number from 1."""
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return {number: json.loads(line) for number, line in enumerate(lines, 1) if line.strip()}
