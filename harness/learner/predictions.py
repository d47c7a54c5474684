"""What a learner expected before measuring.

A guess is worth most when it can no longer be changed: the first prediction of a lab is the one
that counts; later ones are kept beside it, never instead of it.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from numbers import Real
from pathlib import Path

import platformdirs

from harness.errors import PlainError
from harness.store import HOME_VARIABLE


class PredictionError(PlainError):
    """A prediction cannot be stored or read; the message says what to do."""


def predict(lab: str, **values: float) -> dict[str, float]:
    """Store the guesses for `lab` and return the first ones ever made, which are those that count.

    Raises PredictionError for a guess that is missing or not a finite number, and where nothing can
    be written.
    """
    guess = {name: _number(name, value) for name, value in values.items()}
    made = _read(lab)
    if not made or made[-1]["values"] != guess:  # running the cell again is not a new guess
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made.append({"at": now, "values": guess})
        _write(lab, made)
    return dict(made[0]["values"])


def recall(lab: str) -> dict[str, float]:
    """The first guesses made for `lab`.

    Raises PredictionError when there are none.
    """
    made = _read(lab)
    if not made:
        raise PredictionError(
            f"There is no prediction for {lab} yet: run its prediction cell first."
        )
    return dict(made[0]["values"])


def folder() -> Path:
    """Where predictions live: $UNDER500_HOME/predictions, or the user's data folder.

    While nbgrader grades a class, each submission has a folder of its own that vanishes with its
    kernel: otherwise the first learner's guess would count for everybody.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return Path(_vanishing().name)
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen or platformdirs.user_data_dir("under500")) / "predictions"


@cache
def _vanishing() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="under500-predictions-")


def _number(name: str, value: float) -> float:
    if value is None or value is ...:
        raise PredictionError(
            f"`{name}` is still empty: write down a number, any number, and run again."
        )
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise PredictionError(f"`{name}` is {value!r}: a guess is one plain number.")
    return float(value)


def _path(lab: str) -> Path:
    if not lab or Path(lab).name != lab:
        raise PredictionError(f"{lab!r} is not the name of a lab, such as '01-profile'.")
    return folder() / f"{lab}.json"


def _read(lab: str) -> list[dict]:
    path = _path(lab)
    try:
        return json.loads(path.read_text(encoding="utf-8"))["predictions"]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise PredictionError(f"{path} is damaged: delete it and predict again.") from error


def _write(lab: str, made: list[dict]) -> None:
    path = _path(lab)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"lab": lab, "predictions": made}, indent=2), encoding="utf-8")
        part.replace(path)  # whole or not at all
    except OSError as error:
        raise PredictionError(
            f"The prediction cannot be saved in {path.parent} ({error.strerror}): "
            f"set {HOME_VARIABLE} to a folder that you may write to."
        ) from error
