"""A lab as its authors wrote it: which cells give points, and which check each of them calls.

Taken from the released notebook, never from what was handed in: a learner may delete, copy or rewrite
check cells, and nothing follows from it. A check cell is one call of a check with names and literals, so
it is read and not executed.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from grader import checks
from harness.errors import PlainError
from harness.semconv import STAGES

MEASURES = "measures"  # tag of a given cell that takes long, and that no exercise needs
OURS = {"STAGES": STAGES}  # names in check cells that are not the learner's to give a meaning


class LabError(PlainError):
    """A released lab breaks the form; the message names the cell."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable of the learner."""

    name: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A check cell: `points` for passing `check` with these arguments."""

    id: str
    points: float
    check: str
    arguments: tuple[object, ...]
    options: Mapping[str, object]

    @property
    def names(self) -> tuple[str, ...]:
        """The learner's variables that it judges."""
        given = (*self.arguments, *self.options.values())
        return tuple(one.name for one in given if isinstance(one, Name))

    def run(self, value: Callable[[str], object]) -> float:
        """Points, 0 to `points`. `value` gives what a variable holds. Raises CheckFailed."""

        def filled(one: object) -> object:
            return value(one.name) if isinstance(one, Name) else one

        arguments = map(filled, self.arguments)
        options = {name: filled(one) for name, one in self.options.items()}
        return self.worth(getattr(checks, self.check)(*arguments, **options))

    def worth(self, score: object) -> float:
        """Points for what the check has returned: all of them, or as many as it says."""
        return self.points if score is None else _within(float(score), self.points)


@dataclass(frozen=True, slots=True)
class Lab:
    """A released lab: its check cells in order, the ids of all exercises and checks, all its code.

    measures: the code of those of its cells that run only if something asks for what they define.
    """

    name: str
    grades: Mapping[str, Grade]
    ids: frozenset[str]
    sources: frozenset[str]
    measures: frozenset[str] = frozenset()


def lab(name: str, released: NotebookNode) -> Lab:
    """The lab `name` as it was released. Raises LabError."""
    grades, ids = {}, set()
    for cell in released.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade_id"):
            ids.add(data["grade_id"])
        if data.get("grade") and not data.get(
            "solution"
        ):  # an answer in words is a person's to mark
            grades[data["grade_id"]] = _grade(data, cell.source)
    measures = {c.source for c in released.cells if MEASURES in c.metadata.get("tags", ())}
    sources = frozenset(cell.source for cell in released.cells)
    return Lab(name, grades, frozenset(ids), sources, frozenset(measures))


def _grade(data: Mapping[str, object], source: str) -> Grade:
    try:
        [statement] = ast.parse(source).body
        call = statement.value
        if call.func.value.id != "checks" or call.func.attr not in checks.__all__:
            raise LookupError(call.func.attr)
        arguments = tuple(map(_argument, call.args))
        options = {one.arg: _argument(one.value) for one in call.keywords}
    except (AttributeError, LookupError, SyntaxError, TypeError, ValueError) as error:
        raise LabError(
            f"The check cell {data['grade_id']} must be one call such as `checks.name(variable)`."
        ) from error
    return Grade(data["grade_id"], float(data["points"]), call.func.attr, arguments, options)


def _argument(node: ast.expr) -> object:
    if isinstance(node, ast.Name):
        return OURS.get(node.id, Name(node.id))
    return ast.literal_eval(node)


def _within(score: float, points: float) -> float:
    return min(max(score, 0.0), points) if math.isfinite(score) else 0.0
