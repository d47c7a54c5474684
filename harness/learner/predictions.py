"""A learner's predictions, made before measuring.

The first prediction of a lab is the one that counts, so that it cannot be changed after the measurement.
Later ones are stored beside it.
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
    """A prediction that cannot be stored or read; the message says what to do."""


def predict(lab: str, **values: float) -> dict[str, float]:
    """Store the predicted values for `lab` and return the first prediction, which is the one that counts.

    Raises PredictionError if a value is missing or is not a finite number, or if the file cannot be written.
    """
    prediction = {name: _number(name, value) for name, value in values.items()}
    history = _read(lab)
    # Running the cell again with the same values is no new prediction.
    if not history or history[-1]["values"] != prediction:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        history.append({"at": now, "values": prediction})
        _write(lab, history)
    return dict(history[0]["values"])


def recall(lab: str) -> dict[str, float]:
    """Return the first prediction for `lab`. Raises PredictionError if there is none."""
    history = _read(lab)
    if not history:
        raise PredictionError(
            f"There is no prediction for {lab} yet: run its prediction cell first."
        )
    return dict(history[0]["values"])


def first(lab: str) -> dict[str, float]:
    """Return the first prediction for `lab`, empty if there is none. Raises PredictionError if damaged."""
    history = _read(lab)
    return dict(history[0]["values"]) if history else {}


def folder() -> Path:
    """Return the folder of predictions: $UNDER500_HOME/predictions, or the same in the user's data folder.

    While nbgrader grades a class, each submission has a temporary folder that is deleted with its kernel:
    otherwise the first learner's prediction would count for everybody.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return Path(_temporary().name)
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen or platformdirs.user_data_dir("under500")) / "predictions"


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="under500-predictions-")


def _number(name: str, value: float) -> float:
    if value is None or value is ...:
        raise PredictionError(
            f"`{name}` is still empty: write a number, any number, and run the cell again."
        )
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise PredictionError(
            f"`{name}` is {value!r}: a prediction must be one plain, finite number."
        )
    if value < 0:  # what the check of the prediction refuses is not kept as the first one
        raise PredictionError(
            f"`{name}` is {value!r}: no time, factor or share is below zero; write a number from 0 on."
        )
    return float(value)


def _path(lab: str) -> Path:
    if not lab or Path(lab).name != lab:
        raise PredictionError(
            f"{lab!r} is not the name of a lab: give a name such as '01-profile'."
        )
    return folder() / f"{lab}.json"


def _read(lab: str) -> list[dict]:
    path = _path(lab)
    try:
        return json.loads(path.read_text(encoding="utf-8"))["predictions"]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise PredictionError(f"{path} is damaged: delete it and predict again.") from error


def _write(lab: str, history: list[dict]) -> None:
    path = _path(lab)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(
            json.dumps({"lab": lab, "predictions": history}, indent=2), encoding="utf-8"
        )
        part.replace(path)  # atomic: a reader never sees half a file
    except OSError as error:
        raise PredictionError(
            f"The prediction cannot be saved in {path.parent} ({error.strerror}): "
            f"set {HOME_VARIABLE} to a folder that you can write to."
        ) from error
