"""What the class guessed before the first lab and before the last one, against what was measured."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from grader.course.course import Course, Submission
from grader.grading.notebook import NotebookError, code_cells
from harness.measure.service.budget import QUESTION_MS

FIRST, LAST = (
    "00",
    "10",
)  # the labs whose guesses are compared: the stages' times, and the way's end
GUESS = "guess"  # a guess's cell is named l00-q0-guess
# Characters of a guess that is parsed. A lab's own cell has 200, and parsing 1 MB takes seconds.
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Guess:
    """One number that learners guessed: the median of n guesses."""

    lab: str
    name: str
    guessed: float
    n: int


def guesses(course: Course, submissions: Mapping[tuple[str, str], Submission]) -> Iterator[Guess]:
    """Yield the class's guesses of the first and the last lab."""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for (_, lab), submission in submissions.items():
        if lab.startswith((FIRST, LAST)):
            for name, value in _guessed(course, submission).items():
                found[lab, name].append(value)
    for (lab, name), values in sorted(found.items()):
        yield Guess(lab, name, median(values), len(values))


def _guessed(course: Course, submission: Submission) -> Mapping[str, float]:
    try:
        cells = list(code_cells(course.handed_in(submission).notebook()))
    except NotebookError:
        return {}
    return numbers("\n".join(source for _, name, source in cells if name.endswith(f"q0-{GUESS}")))


def numbers(source: str) -> dict[str, float]:
    """Return the positive numbers in the dict displays of `source`; later ones count. No code is run.

    A source longer than LONGEST has none.
    """
    if len(source) > LONGEST:
        return {}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, float] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found |= dict(_items(node))
    return found


def _items(node: ast.Dict) -> Iterator[tuple[str, float]]:
    for key, value in zip(node.keys, node.values, strict=True):
        match key, value:
            case ast.Constant(value=str(name)), ast.Constant(value=int() | float() as number):
                if not isinstance(number, bool) and 0 < number < 1e9:
                    yield name, float(number)


def stages(found: tuple[Guess, ...]) -> tuple[dict[str, float], int]:
    """Return the guessed ms of each stage of the slow assistant, and how many guessed."""
    first = [guess for guess in found if guess.lab.startswith(FIRST) and guess.name in QUESTION_MS]
    return {guess.name: guess.guessed for guess in first}, max((g.n for g in first), default=0)
