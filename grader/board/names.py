"""Names on the board: the learners' own, or numbers if the course grades anonymously.

Formgrader's page for grading by hand shows numbers already, and names only on request.
"""

from __future__ import annotations

from collections.abc import Callable

from grader import secret
from grader.course.course import Course

DIGITS = 8  # hexadecimal: two of a thousand learners have the same number once in 8,000 courses


def shown(course: Course) -> Callable[[str], str]:
    """Return the function from a learner's id to what the board shows.

    With `c.Board.anonymous = True` in the course's settings, that is a number. It follows from the
    instructor's secret, so that it stays the same, and nobody else can find out whose it is.
    """
    return _number if course.config.Board.get("anonymous", False) else str


def _number(student: str) -> str:
    return f"learner {secret.seed('board', student) % 16**DIGITS:0{DIGITS}x}"
