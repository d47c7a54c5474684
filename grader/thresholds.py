"""The grading limits of each lab, read from thresholds.toml and validated."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

FILE = Path(__file__).with_name("thresholds.toml")


class Bar(BaseModel, frozen=True, extra="forbid"):
    """The requirements of a grade for speed, which is given only together with quality.

    grade: id of the grade cell.
    function: name of the learner's function that returns an Entry.
    bound: upper limit of the ratio learner / yardstick.
    pairs, most: fewest timed pairs for a pass, and most timed pairs.
    right: smallest share of right answers among the timed ones.
    shortest: smallest median of answer words / reference words.
    nearest_ms: shortest emulated round trip (SIM) in ms.
    work: share of the yardstick's CPU time below which no language model has written an answer.
    launch: True if all questions are about products made for this submission.
    """

    grade: str
    function: str
    bound: float = Field(gt=0)
    pairs: int = Field(ge=12)
    most: int = Field(ge=12)
    right: float = Field(ge=0, le=1)
    shortest: float = Field(ge=0, le=1)
    nearest_ms: float = Field(ge=0)
    work: float = Field(ge=0, le=1)
    launch: bool


class Thresholds(BaseModel, frozen=True, extra="forbid"):
    """The limits for grading a lab, in seconds, and its grade for speed if it has one."""

    models: bool
    check_s: float = Field(gt=0)
    cell_s: float = Field(gt=0)
    call_s: float = Field(gt=0)
    total_s: float = Field(gt=0)
    bar: Bar | None = None


@cache
def thresholds(lab: str) -> Thresholds:
    """Return the thresholds of a lab such as "10-capstone". Raises ValidationError for an invalid file."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Thresholds.model_validate(tables["default"] | tables.get(lab, {}))
