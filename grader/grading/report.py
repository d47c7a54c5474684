"""What grading one submission found, mark by mark: for the gradebook, the feedback page, and a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

JAILED = "jailed"


class Outcome(StrEnum):
    """Of one grade cell. Undecided and not graded have no points, which is not the same as zero."""

    PASSED = "passed"
    PARTLY = "partly"
    FAILED = "failed"
    UNDECIDED = "undecided"
    NOT_GRADED = "not graded"


@dataclass(frozen=True, slots=True)
class Mark:
    """Points for one grade cell, None when there are none yet, and why.

    queued: undecided twice, so its timing should be repeated on a quiet machine.
    pairs: end-to-end ms at the client of the learner and of the yardstick, where it was timed.
    right: of the timed answers, and how many those are.
    """

    id: str
    outcome: Outcome
    points: float | None
    out_of: float
    reason: str
    queued: bool = False
    pairs: tuple[tuple[float, float], ...] = ()
    right: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that raised, and what; it costs nothing by itself. own: the learner wrote it."""

    cell: str
    error: str
    own: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """One submission. jailed: "" or why its process was not in a jail. printed: the end of its output."""

    lab: str
    marks: tuple[Mark, ...]
    errors: tuple[CellError, ...] = ()
    jailed: str = ""
    printed: str = ""

    @property
    def points(self) -> float:
        """The sum of those that there are."""
        return sum(mark.points or 0.0 for mark in self.marks)

    @property
    def out_of(self) -> float:
        """All that there is to earn."""
        return sum(mark.out_of for mark in self.marks)

    @property
    def complete(self) -> bool:
        """True when every mark has its points."""
        return all(mark.points is not None for mark in self.marks)

    @property
    def queued(self) -> bool:
        """True when a quiet machine should time it again."""
        return any(mark.queued for mark in self.marks)

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`."""
        return {
            "lab": self.lab,
            "points": self.points,
            "out_of": self.out_of,
            "complete": self.complete,
            "marks": [asdict(mark) | {"outcome": str(mark.outcome)} for mark in self.marks],
            "errors": [asdict(one) for one in self.errors],
            "jail": self.jailed or JAILED,
        }


def from_json(values: Mapping[str, Any]) -> Report:
    """The report that `to_json` made; without what was printed. Raises KeyError, TypeError, ValueError."""
    marks = (
        Mark(
            **one
            | {"outcome": Outcome(one["outcome"]), "pairs": tuple(map(tuple, one.get("pairs", ())))}
            | {"right": tuple(right) if (right := one.get("right")) else None}
        )
        for one in values["marks"]
    )
    errors = tuple(CellError(**one) for one in values["errors"])
    jailed = "" if values["jail"] == JAILED else values["jail"]
    return Report(values["lab"], tuple(marks), errors, jailed)


def scored(id_: str, points: float, out_of: float, reason: str) -> Mark:
    """A mark with points, named for how many of them there are."""
    outcome = Outcome.PARTLY if 0 < points < out_of else Outcome.PASSED
    return Mark(id_, outcome if points > 0 else Outcome.FAILED, points, out_of, reason)


def not_graded(lab: str, grades: Iterable[tuple[str, float]], reason: str) -> Report:
    """When grading itself failed: no old points, no zeros, and the reason at every mark."""
    marks = (Mark(id_, Outcome.NOT_GRADED, None, out_of, reason) for id_, out_of in grades)
    return Report(lab, tuple(marks))
