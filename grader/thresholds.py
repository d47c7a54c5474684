"""The grading limits of each lab, read from thresholds.toml and validated."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

FILE = Path(__file__).with_name("thresholds.toml")


# Probability that a floor lets a share of `too_bad` pass, and that it fails one of `good`: with the decision
# after `most` answers they come to 0.05 and 0.01 at most.
FALSE_PASS, FALSE_FAIL = 0.04, 0.008


class Floor(BaseModel, frozen=True, extra="forbid"):
    """A requirement on the share of right answers: a sequential probability ratio test (A. Wald, 1945).

    It asks until the answers are much more likely under one of two shares than under the other, which takes
    half as many questions on average as a fixed number with the same certainty.

    too_bad: the share that passes one time in twenty. good: the share that fails one time in a hundred. most:
    answers after which the likelier share decides.
    """

    too_bad: float = Field(gt=0, lt=1)
    good: float = Field(gt=0, lt=1)
    most: int = Field(ge=12)

    def holds(self, right: int, n: int) -> bool:
        """Return whether `right` of `n` answers are likelier under `good` than under `too_bad`."""
        return self._log_odds(right, n) > 0

    def verdict(self, right: int, n: int) -> bool | None:
        """Return whether the requirement is met, or None while more answers are needed."""
        odds = self._log_odds(right, n)
        if n >= self.most or odds >= math.log((1 - FALSE_FAIL) / FALSE_PASS):
            return odds > 0
        return False if odds <= math.log(FALSE_FAIL / (1 - FALSE_PASS)) else None

    def judge(self, outcomes: Iterable[bool]) -> tuple[bool, int, int]:
        """Return (met, right answers, answers), after as many of `outcomes` as the verdict takes."""
        right = n = 0
        for n, outcome in enumerate(outcomes, start=1):
            right += outcome
            met = self.verdict(right, n)
            if met is not None:
                return met, right, n
        return self.holds(right, n), right, n

    def _log_odds(self, right: int, n: int) -> float:
        better, worse = self.good / self.too_bad, (1 - self.good) / (1 - self.too_bad)
        return right * math.log(better) + (n - right) * math.log(worse)


class Bar(BaseModel, frozen=True, extra="forbid"):
    """The requirements of a grade for speed, which is given only together with quality.

    grade: id of the grade cell.
    function: name of the learner's function that returns an Entry.
    bound: upper limit of the ratio learner / yardstick.
    pairs: fewest timed pairs for a pass. most: pairs after which the verdict on speed stays undecided.
    right: the requirement on the timed answers themselves; more are timed until it is decided, too.
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
    right: Floor
    shortest: float = Field(ge=0, le=1)
    nearest_ms: float = Field(ge=0)
    work: float = Field(ge=0, le=1)
    launch: bool


class Thresholds(BaseModel, frozen=True, extra="forbid"):
    """The limits for grading a lab, in seconds, its grade for speed if it has one, and floors of quality."""

    models: bool
    check_s: float = Field(gt=0)
    cell_s: float = Field(gt=0)
    call_s: float = Field(gt=0)
    total_s: float = Field(gt=0)
    bar: Bar | None = None
    floors: dict[str, Floor] = {}


@cache
def thresholds(lab: str) -> Thresholds:
    """Return the thresholds of a lab such as "10-capstone". Raises ValidationError for an invalid file."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Thresholds.model_validate(tables["default"] | tables.get(lab, {}))
