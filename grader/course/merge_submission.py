"""The notebook between submission and feedback: the lab's own cells as they were released, and marks in them.

Of what was handed in only the sources of cells survive: no tags, no metadata, no outputs. So a check cell
cannot be changed, skipped or lost, and nothing that only the gradebook knows gets into a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grader.grading.notebook import NotebookError
from grader.grading.report import Mark, Outcome, Report

REPORT = "under500"  # key in the notebook's metadata
POINTLESS = (Outcome.UNDECIDED, Outcome.NOT_GRADED)


def merged(released: NotebookNode, submitted: NotebookNode, name: str) -> NotebookNode:
    """The learner's cells in their order, the lab's cells among them as released, missing checks put back.

    submitted: from `grader.grading.notebook.read`. Raises NotebookError for a notebook of another lab.
    """
    ours = {_id(cell): cell for cell in released.cells if _id(cell)}
    left, cells = dict(ours), []
    for number, cell in enumerate(submitted.cells):
        known = left.pop(_id(cell), None)
        cells.append(_plain(cell, number) if known is None else _ours(known, cell))
    if len(left) == len(ours):
        raise NotebookError(
            f"This notebook has no cell of lab {name}: hand in the one from labs/{name}."
        )
    for missing in (one for one in left.values() if _data(one).get("grade")):
        cells.insert(_place(cells, list(ours), _id(missing)), _ours(missing, missing))
    return _notebook(released, cells)


def refused(released: NotebookNode) -> NotebookNode:
    """The lab untouched, for marks on what was no notebook of it."""
    return _notebook(released, [_ours(cell, cell) for cell in released.cells])


def with_marks(notebook: NotebookNode, report: Report) -> NotebookNode:
    """`notebook`, from `restored`, with the verdicts below its check cells and the report in its metadata."""
    found = deepcopy(notebook)
    marks = {mark.id: mark for mark in report.marks}
    raised = {one.cell: one.error for one in report.errors if one.own}
    for cell in found.cells:
        if mark := marks.get(_id(cell)):
            cell.outputs = list(_verdict(mark))
        elif error := raised.get(cell.id):
            cell.outputs = [_error("Error", error)]
    found.metadata[REPORT] = report.to_json()
    return found


def _verdict(mark: Mark) -> Iterable[NotebookNode]:
    """As nbgrader reads it: an error is nothing, a number is part of the points."""
    if mark.outcome is Outcome.FAILED:
        yield _error("CheckFailed", mark.reason)
        return
    title = f"{mark.outcome.capitalize()}: " if mark.outcome in POINTLESS else ""
    yield new_output("stream", name="stdout", text=f"{title}{mark.reason}\n")
    if mark.outcome is Outcome.PARTLY:
        yield new_output("execute_result", {"text/plain": repr(float(mark.points))})


def _error(kind: str, text: str) -> NotebookNode:
    return new_output("error", ename=kind, evalue=text, traceback=text.splitlines())


def _data(cell: Mapping) -> dict:
    return cell.get("metadata", {}).get("nbgrader", {})


def _id(cell: Mapping) -> str:
    return str(_data(cell).get("grade_id") or "")


def _source(cell: Mapping) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _ours(known: NotebookNode, cell: Mapping) -> NotebookNode:
    """A cell of the lab; only an answer is the learner's."""
    mine = deepcopy(known)
    if _data(known).get("solution"):
        mine.source = _source(cell)
    if mine.cell_type == "code":
        mine.outputs, mine.execution_count = [], None
    return mine


def _plain(cell: Mapping, number: int) -> NotebookNode:
    make = new_code_cell if cell.get("cell_type") == "code" else new_markdown_cell
    given = str(cell.get("id", ""))
    return make(_source(cell), id=given if _well_formed(given) else f"cell-{number}")


def _place(cells: list[NotebookNode], order: list[str], missing: str) -> int:
    """Behind the last cell that stands before it in the lab."""
    before = set(order[: order.index(missing)])
    return 1 + max((at for at, cell in enumerate(cells) if _id(cell) in before), default=-1)


def _notebook(released: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        while cell.id in seen:
            cell.id = f"{cell.id[:56]}-{number}"
        seen.add(cell.id)
    kernel = {"kernelspec": released.metadata.get("kernelspec", {})}
    return new_notebook(cells=cells, metadata=kernel)


def _well_formed(text: str) -> bool:
    """An id as nbformat 4.5 asks for."""
    return (
        0 < len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    )
