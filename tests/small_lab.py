"""A lab of a few cells for tests of the grader, and the bar of its timed exercise."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.thresholds import Bar, Floor

BAR = Bar(
    grade="q5",
    function="entry",
    bound=1.0,
    pairs=12,
    most=24,
    right=Floor(too_bad=0.6, good=0.9, most=24),
    shortest=0.9,
    nearest_ms=5.0,
    work=0.08,
    launch=False,
)


def cell(source: str, id_: str = "", points: float | None = None) -> NotebookNode:
    """Return a cell of the learner's own, or with an id an exercise, or with points too a check."""
    data = {"grade_id": id_, "grade": points is not None, "points": points}
    return new_code_cell(source, metadata={"nbgrader": data} if id_ else {})


def notebook(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_markdown_cell("# A lab"), *cells])
