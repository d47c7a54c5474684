"""The report on one submission, mark by mark, for the gradebook, the feedback page and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

JAILED = "jailed"


class Outcome(StrEnum):
    """The outcome of one grade cell. Undecided and not graded have no points, which differs from zero."""

    PASSED = "passed"
    PARTLY = "partly"
    FAILED = "failed"
    UNDECIDED = "undecided"
    NOT_GRADED = "not graded"


@dataclass(frozen=True, slots=True)
class Mark:
    """The points for one grade cell, None if there are none yet, and the reason.

    queued: True if timing was undecided twice and should be repeated on a quiet machine.
    pairs: for a timed cell, (learner, yardstick) end-to-end times in ms at the client.
    right: for a timed cell, (number of right answers, number of timed answers).
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
    """An error in a cell, which costs no points by itself. `own` is True if the learner wrote the cell."""

    cell: str
    error: str
    own: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """The report on one submission.

    no_jail: why the process ran without a jail, or "" if it had one. printed: the end of its output.
    """

    lab: str
    marks: tuple[Mark, ...]
    errors: tuple[CellError, ...] = ()
    no_jail: str = ""
    printed: str = ""

    @property
    def points(self) -> float:
        """Return the points so far; a mark without points adds nothing."""
        return sum(mark.points or 0.0 for mark in self.marks)

    @property
    def out_of(self) -> float:
        """Return the maximum number of points."""
        return sum(mark.out_of for mark in self.marks)

    @property
    def complete(self) -> bool:
        """Return True if every mark has points."""
        return all(mark.points is not None for mark in self.marks)

    @property
    def queued(self) -> bool:
        """Return True if any mark should be timed again on a quiet machine."""
        return any(mark.queued for mark in self.marks)

    @property
    def failed(self) -> bool:
        """Return True if grading itself failed for any mark, so that it should be graded again."""
        return any(mark.outcome is Outcome.NOT_GRADED for mark in self.marks)

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        return {
            "lab": self.lab,
            "points": self.points,
            "out_of": self.out_of,
            "complete": self.complete,
            "marks": [asdict(mark) | {"outcome": str(mark.outcome)} for mark in self.marks],
            "errors": [asdict(error) for error in self.errors],
            "jail": self.no_jail or JAILED,
        }


def from_json(values: Mapping[str, Any]) -> Report:
    """Return the report from the output of `to_json`, without `printed`.

    Raises KeyError, TypeError or ValueError for other values.
    """
    marks = tuple(map(_mark, values["marks"]))
    errors = tuple(CellError(**error) for error in values["errors"])
    no_jail = "" if values["jail"] == JAILED else values["jail"]
    return Report(values["lab"], marks, errors, no_jail)


def _mark(values: Mapping[str, Any]) -> Mark:
    right = values.get("right")
    return Mark(
        **values
        | {"outcome": Outcome(values["outcome"])}
        | {"pairs": tuple(map(tuple, values.get("pairs", ())))}
        | {"right": tuple(right) if right else None}
    )


def scored(id_: str, points: float, out_of: float, reason: str) -> Mark:
    """Return a mark whose outcome follows from the points: none failed, all passed, otherwise partly."""
    outcome = Outcome.PARTLY if 0 < points < out_of else Outcome.PASSED
    return Mark(id_, outcome if points > 0 else Outcome.FAILED, points, out_of, reason)


def not_graded(lab: str, grades: Iterable[tuple[str, float]], reason: str) -> Report:
    """Return a report for when grading itself failed: no mark has points, and each has the reason."""
    marks = (Mark(id_, Outcome.NOT_GRADED, None, out_of, reason) for id_, out_of in grades)
    return Report(lab, tuple(marks))


def best_of(first: Report, second: Report) -> Report:
    """Return the report on the second run of a submission, with each mark that earned more in the first.

    Where neither run earned anything, the second one's mark counts: without points, its fault may be the
    grader's.
    """
    earlier = {mark.id: mark for mark in first.marks}
    pairs = ((earlier[mark.id], mark) for mark in second.marks)
    best = (old if (old.points or 0.0) > (new.points or 0.0) else new for old, new in pairs)
    return replace(second, marks=tuple(best))
