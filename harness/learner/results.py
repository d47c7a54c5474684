"""A learner's measurements in the labs, stored beside the predictions for the debrief of an interview.

The last measurement of a name counts. Nothing of it leaves this machine.
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
from harness.store import HOME_VARIABLE


class ResultError(PlainError):
    """A result that cannot be stored; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number: a ratio or ms, as `unit` says. low, high: its 95 % interval, if any."""

    lab: str
    name: str
    value: float
    unit: str = "times"
    low: float | None = None
    high: float | None = None
    n: int | None = None
    at: str = ""


def keep_result(
    lab: str,
    name: str,
    value: float,
    unit: str = "times",
    interval: tuple[float, float] | None = None,
    n: int | None = None,
) -> Result:
    """Store one measured number of a lab and return it.

    For example `keep_result("04-quantization", "q8_0", 2.6, interval=(2.5, 2.7), n=20)`. interval: 95 %.
    Raises ResultError if the value is not a positive number or the file cannot be written.
    """
    if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
        raise ResultError(f"`{name}` is {value!r}: a measurement must be one positive number.")
    low, high = map(float, interval) if interval else (None, None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result = Result(lab, name, float(value), unit, low, high, n, now)
    _write(_path(lab, name), result)
    return result


def results() -> dict[tuple[str, str], Result]:
    """Return all stored results by lab and name, without those of damaged files."""
    return {(result.lab, result.name): result for result in _read()}


def folder() -> Path:
    """Return the folder of results, inside that of the predictions, and temporary while a class is graded."""
    return predictions.folder() / "results"


def _path(lab: str, name: str) -> Path:
    for part in (lab, name):
        if not part or Path(part).name != part:
            raise ResultError(
                f"{part!r} cannot be the name of a lab or result: use letters, digits, - and _."
            )
    return folder() / f"{lab}.{name}.json"


def _read() -> Iterator[Result]:
    for path in sorted(folder().glob("*.json")):
        try:
            yield Result(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue  # a result that cannot be read must not stop an interview


def _write(path: Path, result: Result) -> None:
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(result)), encoding="utf-8")
        part.replace(path)  # atomic: a reader never sees half a file
    except OSError as error:
        raise ResultError(
            f"The result cannot be saved in {path.parent} ({error.strerror}): "
            f"set {HOME_VARIABLE} to a folder that you can write to."
        ) from error
