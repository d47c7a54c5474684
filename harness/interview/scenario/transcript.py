"""A transcript: what was said and which cards were opened, as JSON lines.

The first line is the header; every other line is a turn or an opened card. An unreadable file is refused,
with the number of the line; a readable but odd one is scored, with a notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.errors import WrongUseError

MAX_BYTES = 5_000_000  # an hour of fast typing is 30 kB
MAX_LINES = 5_000

Who = Literal["interviewer", "candidate"]


class Header(BaseModel):
    """The first line. seed: of the session, if it varied the scenario's numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scenario: str = Field(min_length=1, max_length=80)
    level: Literal["mid", "senior", "staff"] = "senior"
    mode: Literal["exam", "coach"] = "exam"
    seed: int | None = None


class Event(BaseModel):
    """Something said (`text`), or a card that the candidate opened (`open_card`); t in seconds.

    move, target: "hint", "reveal" or "probe", and the expectation that the interviewer's turn is about.
    line: the line in the file, from 1.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    t: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    who: Who
    text: str | None = None
    open_card: str | None = None
    move: str | None = None
    target: str | None = None
    line: int = 0

    @field_validator("text", "open_card", mode="before")
    @classmethod
    def _readable(cls, text: object) -> object:
        return whole_characters(text) if isinstance(text, str) else text

    @model_validator(mode="after")
    def _one_thing(self) -> Event:
        if (self.text is None) == (self.open_card is None):
            raise ValueError("needs either text or open_card")
        if self.open_card is not None and self.who != "candidate":
            raise ValueError("only the candidate opens cards")
        return self


@dataclass(frozen=True, slots=True)
class Transcript:
    """The header, the events in the order of the file, and notices about oddities, one sentence each."""

    header: Header
    events: tuple[Event, ...]
    notices: tuple[str, ...] = ()

    @property
    def opened(self) -> tuple[str, ...]:
        """Return the ids of the opened cards, each once, in order."""
        return tuple(dict.fromkeys(e.open_card for e in self.events if e.open_card is not None))

    def said_by(self, who: Who) -> tuple[Event, ...]:
        """Return the spoken turns of one side."""
        return tuple(e for e in self.events if e.who == who and e.text is not None)


def whole_characters(text: str) -> str:
    """Return the text with "?" for each lone surrogate: JSON may contain one, and it cannot be printed."""
    return text.encode("utf-8", "replace").decode("utf-8")


def load(path: Path) -> Transcript:
    """Load the transcript in a file. Raises WrongUseError, with the line number, if it cannot be read."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read ({error.strerror}): check the name.") from error
    if size > MAX_BYTES:
        raise WrongUseError(
            f"{path} has {size / 1e6:.0f} MB, and a transcript may have at most "
            f"{MAX_BYTES / 1e6:.0f} MB: is it the right file?"
        )
    return parse(data)


def parse(data: bytes) -> Transcript:
    """Parse a transcript. Raises WrongUseError, with the line number, if it is not valid."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUseError("The transcript is not UTF-8 text: save it as UTF-8.") from error
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise WrongUseError(
            'The transcript is empty: its first line should be like {"scenario": "S01", '
            '"level": "senior", "mode": "exam"}.'
        )
    if len(lines) > MAX_LINES:
        raise WrongUseError(
            f"The transcript has {len(lines)} lines, and may have at most {MAX_LINES}: "
            "is it the right file?"
        )
    header = _header(*lines[0])
    events = tuple(_event(number, line) for number, line in lines[1:])
    return Transcript(header, events, tuple(_oddities(events)))


def _header(number: int, line: str) -> Header:
    values = _object(number, line)
    if "who" in values or "t" in values:
        raise WrongUseError(
            f"Line {number} is a turn and should be the header: begin with a line like "
            '{"scenario": "S01", "level": "senior", "mode": "exam"}.'
        )
    try:
        return Header.model_validate(values)
    except ValidationError as error:
        raise WrongUseError(_sentence(number, "header", error)) from error


def _event(number: int, line: str) -> Event:
    values = _object(number, line)
    try:
        return Event.model_validate(values | {"line": number})
    except ValidationError as error:
        raise WrongUseError(_sentence(number, "turn", error)) from error


def _object(number: int, line: str) -> dict[str, object]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WrongUseError(
            f"Line {number} of the transcript is not JSON: write one JSON object on each line."
        ) from error
    if not isinstance(values, dict):
        raise WrongUseError(
            f"Line {number} of the transcript is not a JSON object: write it as {{…}}."
        )
    return values


def _sentence(number: int, kind: str, error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    reason = first["msg"].removeprefix("Value error, ")
    return (
        f"Line {number} is not a valid {kind} ({f'{field}: ' if field else ''}{reason}): "
        "correct that line."
    )


def _oddities(events: tuple[Event, ...]) -> Iterator[str]:
    for before, event in pairwise(events):
        if event.t < before.t:
            yield (
                f"Line {event.line} goes back in time ({event.t:g} s after {before.t:g} s): "
                "the order of the lines was kept."
            )
    if not any(event.who == "candidate" and event.text for event in events):
        yield "The candidate says nothing in this transcript."
