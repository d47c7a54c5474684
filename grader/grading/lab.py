"""A released lab: the cells that give points, and the check that each of them calls.

Everything is read from the released notebook, never from the submission, so deleting, copying or rewriting
a check cell has no effect. A check cell is a single call of a check with names and literals; it is parsed,
not executed.
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

MEASURES = "measures"  # tag of a slow measuring cell whose results no exercise needs
CONSTANTS = {"STAGES": STAGES}  # names in check cells that a learner cannot redefine


class LabError(PlainError):
    """A released lab has an invalid check cell; the message names it."""


@dataclass(frozen=True, slots=True)
class Name:
    """A reference to one of the learner's variables."""

    name: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A check cell, which gives `points` if `check` passes with these arguments."""

    id: str
    points: float
    check: str
    arguments: tuple[object, ...]
    options: Mapping[str, object]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the learner's variables that the check judges."""
        arguments = (*self.arguments, *self.options.values())
        return tuple(argument.name for argument in arguments if isinstance(argument, Name))

    def run(self, value: Callable[[str], object]) -> float:
        """Run the check and return its points, from 0 to `points`. Raises CheckFailed.

        `value` returns the value of a learner's variable.
        """

        def resolve(argument: object) -> object:
            return value(argument.name) if isinstance(argument, Name) else argument

        arguments = map(resolve, self.arguments)
        options = {name: resolve(argument) for name, argument in self.options.items()}
        return self.worth(getattr(checks, self.check)(*arguments, **options))

    def worth(self, score: object) -> float:
        """Return the points for a check's return value: all for None, else the value within limits."""
        return self.points if score is None else _clip(float(score), self.points)


@dataclass(frozen=True, slots=True)
class Lab:
    """A released lab: check cells in order, the ids of all exercises and checks, and all cell sources.

    `measures` holds the sources of cells that run only if a later cell needs a name they define, `checks`
    those of the check cells.
    """

    name: str
    grades: Mapping[str, Grade]
    ids: frozenset[str]
    sources: frozenset[str]
    measures: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()


def lab(name: str, released: NotebookNode) -> Lab:
    """Return the lab `name`, parsed from its released notebook. Raises LabError."""
    grades, ids, calls = {}, set(), set()
    for cell in released.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade_id"):
            ids.add(data["grade_id"])
        # A cell that is both a grade and a solution is an answer in words, which a person marks.
        if data.get("grade") and not data.get("solution"):
            grades[data["grade_id"]] = _grade(data, cell.source)
            calls.add(cell.source.strip())
    measures = {c.source for c in released.cells if MEASURES in c.metadata.get("tags", ())}
    sources = frozenset(cell.source for cell in released.cells)
    return Lab(name, grades, frozenset(ids), sources, frozenset(measures), checks=frozenset(calls))


def _grade(data: Mapping[str, object], source: str) -> Grade:
    try:
        [statement] = ast.parse(source).body
        call = statement.value
        if call.func.value.id != "checks" or call.func.attr not in checks.__all__:
            raise LookupError(call.func.attr)
        arguments = tuple(map(_argument, call.args))
        options = {keyword.arg: _argument(keyword.value) for keyword in call.keywords}
    except (AttributeError, LookupError, SyntaxError, TypeError, ValueError) as error:
        raise LabError(
            f"The check cell {data['grade_id']} must be one call such as `checks.name(variable)`."
        ) from error
    return Grade(data["grade_id"], float(data["points"]), call.func.attr, arguments, options)


def _argument(node: ast.expr) -> object:
    if isinstance(node, ast.Name):
        return CONSTANTS.get(node.id, Name(node.id))
    return ast.literal_eval(node)


def _clip(score: float, points: float) -> float:
    return min(max(score, 0.0), points) if math.isfinite(score) else 0.0
