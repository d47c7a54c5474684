"""The baseline's knobs, as `under500 prepare` calibrated them on this machine.

The knobs set how much needless work the baseline does, such as how many turns are embedded and how many
vectors are scanned. Calibration adjusts them until each stage takes the time named in the interview question.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from harness import store

FILE = "baseline.json"


class Knobs(BaseModel, frozen=True):
    """The amounts of needless work in the slow pipeline."""

    rtt_ms: float = Field(ge=1, le=200)  # emulated distance, SIM
    turns: int = Field(ge=1)  # conversation turns embedded a request
    scanned: int = Field(ge=1)  # vectors compared a request
    max_tokens: int = Field(ge=8)  # tokens generated a request
    comparisons: int = Field(ge=5)  # text windows compared with the answer


class YardstickWork(BaseModel, frozen=True):
    """The amounts of work in a request to the yardstick.

    tokens: decoded after the prompt. rows: vectors compared one by one in Python. rtt_ms: emulated
    distance (SIM), one round trip.
    """

    tokens: int = Field(ge=1)
    rows: int = Field(ge=1)
    rtt_ms: float = Field(ge=0)


class Calibration(BaseModel, frozen=True):
    """A calibration: the knobs, the measured times, and the machine.

    yardstick: the work that takes 500 ms where the baseline takes 3.2 s. yardstick_ratio: measured
    yardstick / baseline end-to-end; ideally 0.156. estimated: why the times are estimates for the quiet
    machine, such as the programs that used it; "" if they are measured.
    """

    knobs: Knobs
    yardstick: YardstickWork
    yardstick_ratio: float
    key: str  # what the knobs depend on; with another key, calibrate again
    stages_ms: dict[str, float]  # measured medians, by stage
    e2e_ms: float  # measured median
    n: int  # requests behind the medians; 0 if estimated
    typical: list[
        dict[str, object]
    ]  # spans of the median request, as plain values; [] if estimated
    machine: dict[str, object]
    estimated: str = ""


def path() -> Path:
    """Return the path of the calibration file."""
    return store.home() / FILE


def save(record: Calibration) -> None:
    """Write the calibration file. Raises StoreError if the disk is full."""
    with store.atomic_write(path()) as part:
        part.write_text(record.model_dump_json(indent=2))


def load() -> Calibration:
    """Return the calibration of this machine. Raises StoreError if the file is missing or damaged."""
    text = store.check_seal(path()).read_text()
    try:
        return Calibration.model_validate_json(text)
    except ValidationError as error:
        raise store.CorruptFileError(
            f"{FILE} was written by another version of under500: run `under500 prepare` to calibrate again."
        ) from error
