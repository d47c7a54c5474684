"""The baseline's natural knobs, as `under500 prepare` set them on this machine.

The knobs are what a hurried team leaves lying about: how much of the conversation is embedded, how many
vectors are scanned. Calibration turns them until each stage takes what the interview question says.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from harness import store

FILE = "baseline.json"


class Knobs(BaseModel, frozen=True):
    """How much needless work the slow pipeline does."""

    rtt_ms: float = Field(ge=1, le=200)  # emulated distance, SIM
    turns: int = Field(ge=1)  # conversation turns embedded a request
    scanned: int = Field(ge=1)  # vectors compared a request
    max_tokens: int = Field(ge=8)  # tokens generated a request
    comparisons: int = Field(ge=5)  # text windows compared with the answer


class Work(BaseModel, frozen=True):
    """How much of each kind of work a request to the yardstick is.

    tokens: decoded after the prompt. rows: vectors compared one by one in Python. rtt_ms: of the
    emulated distance (SIM), one round trip.
    """

    tokens: int = Field(ge=1)
    rows: int = Field(ge=1)
    rtt_ms: float = Field(ge=0)


class Record(BaseModel, frozen=True):
    """A calibration: the knobs, what they gave, and on which machine.

    yardstick: the work that is 500 ms where the baseline is 3.2 s; yardstick_ratio: yardstick / baseline
    end-to-end as it was measured, 0.156 when it is right.
    """

    knobs: Knobs
    yardstick: Work
    yardstick_ratio: float
    key: str  # what the knobs depend on; another key means: calibrate again
    stages_ms: dict[str, float]  # measured medians, by stage
    e2e_ms: float  # measured median
    n: int  # requests behind the medians
    typical: list[dict[str, object]]  # spans of the request in the middle, as plain values
    machine: dict[str, object]


def path() -> Path:
    """The file of the record."""
    return store.home() / FILE


def save(record: Record) -> None:
    """Write the record. Raises StoreError when the disk is full."""
    with store.written(path()) as part:
        part.write_text(record.model_dump_json(indent=2))


def load() -> Record:
    """The record of this machine. Raises StoreError when there is none, or it is damaged."""
    text = store.verified(path()).read_text()
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        raise store.CorruptFileError(
            f"{FILE} was written by another version: run `under500 prepare`, which calibrates again."
        ) from error
