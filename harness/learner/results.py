"""What a learner measured in the labs: kept beside the predictions, for the debrief of an interview.

The last measurement of a name counts; nothing of it leaves this machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import PlainError
from harness.learner import predictions


class ResultError(PlainError):
    """A result cannot be kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number: a ratio, or ms (`unit` says which). low, high: its 95 % interval, if any."""

    lab: str
    name: str
    value: float
    unit: str = "times"
    low: float | None = None
    high: float | None = None
    n: int | None = None
    at: str = ""


def keep(
    lab: str,
    name: str,
    value: float,
    unit: str = "times",
    interval: tuple[float, float] | None = None,
    n: int | None = None,
) -> Result:
    """Keeps one measured number of a lab: `keep("04-quantization", "q8_0", 2.6, interval=(2.5, 2.7), n=20)`.

    Raises ResultError for what is no positive number, and where nothing can be written.
    """
    if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
        raise ResultError(f"`{name}` is {value!r}: a measurement is one positive number.")
    low, high = map(float, interval) if interval else (None, None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result = Result(lab, name, float(value), unit, low, high, n, now)
    _write(_path(lab, name), result)
    return result


def results() -> dict[tuple[str, str], Result]:
    """All that was kept, by lab and name; a damaged file is left out."""
    return {(one.lab, one.name): one for one in _read()}


def folder() -> Path:
    """Where results live: beside the predictions, and as short-lived as these while a class is graded."""
    return predictions.folder() / "results"


def _path(lab: str, name: str) -> Path:
    for part in (lab, name):
        if not part or Path(part).name != part:
            raise ResultError(f"{part!r} cannot be a name here: letters, digits, - and _ will do.")
    return folder() / f"{lab}.{name}.json"


def _read() -> Iterator[Result]:
    for path in sorted(folder().glob("*.json")):
        try:
            yield Result(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue  # a number that cannot be read is no reason to stop an interview


def _write(path: Path, result: Result) -> None:
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(result)), encoding="utf-8")
        part.replace(path)  # whole or not at all
    except OSError as error:
        raise ResultError(
            f"The result cannot be kept in {path.parent} ({error.strerror})."
        ) from error
