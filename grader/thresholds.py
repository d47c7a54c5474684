"""What each lab asks for, from thresholds.toml, checked."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

FILE = Path(__file__).with_name("thresholds.toml")


class Bar(BaseModel, frozen=True, extra="forbid"):
    """A grade that is given for speed, and only together with quality.

    grade: id of the grade cell. function: the learner's, which returns an Entry. bound: of the ratio to
    the yardstick. pairs, most: timed at least for a pass, and at most. right: share of the timed answers.
    shortest: median words relative to the references. nearest_ms: least emulated round trip (SIM).
    """

    grade: str
    function: str
    bound: float = Field(gt=0)
    pairs: int = Field(ge=12)
    most: int = Field(ge=12)
    right: float = Field(ge=0, le=1)
    shortest: float = Field(ge=0, le=1)
    nearest_ms: float = Field(ge=0)


class Thresholds(BaseModel, frozen=True, extra="forbid"):
    """What grading a lab may take, in seconds, and what it times."""

    models: bool
    check_s: float = Field(gt=0)
    cell_s: float = Field(gt=0)
    call_s: float = Field(gt=0)
    total_s: float = Field(gt=0)
    bar: Bar | None = None


@cache
def thresholds(lab: str) -> Thresholds:
    """Of the lab with that name, such as "10-capstone". Raises ValidationError for a broken file."""
    every = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Thresholds.model_validate(every["default"] | every.get(lab, {}))
