"""Merging of a submission into the released lab, and of the marks into the result.

Only the sources of cells survive from a submission: no tags, no metadata, no outputs. A learner therefore
cannot change, skip or remove a check cell, nor forge verdicts or gradebook entries on the feedback page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grader.grading.notebook import NotebookError, source
from grader.grading.report import Mark, Outcome, Report

REPORT = "under500"  # key in the notebook's metadata
POINTLESS = (Outcome.UNDECIDED, Outcome.NOT_GRADED)


def merged(released: NotebookNode, submitted: NotebookNode, name: str) -> NotebookNode:
    """Return the submission with the lab's own cells restored to their released form.

    Cells stay in the learner's order. Of the lab's cells, only answers keep the learner's source. Missing
    check cells are put back at their place. `submitted` comes from `grader.grading.notebook.read`.

    Raises NotebookError if the submission has no cell of the lab.
    """
    lab_cells = {_id(cell): cell for cell in released.cells if _id(cell)}
    missing, cells = dict(lab_cells), []
    for number, cell in enumerate(submitted.cells):
        original = missing.pop(_id(cell), None)
        cells.append(_extra(cell, number) if original is None else _restored(original, cell))
    if len(missing) == len(lab_cells):
        raise NotebookError(
            f"This notebook has no cell of lab {name}: hand in the one from labs/{name}."
        )
    for check in (cell for cell in missing.values() if _data(cell).get("grade")):
        position = _position(cells, list(lab_cells), _id(check))
        cells.insert(position, _restored(check, check))
    return _notebook(released, cells)


def refused(released: NotebookNode) -> NotebookNode:
    """Return the lab without any answers; it carries the marks of a file that could not be graded."""
    return _notebook(released, [_restored(cell, cell) for cell in released.cells])


def with_marks(notebook: NotebookNode, report: Report) -> NotebookNode:
    """Return a copy of a merged notebook with each verdict as the output of its check cell.

    Cells of the learner that raised get their error as output. The report goes into the metadata.
    """
    graded = deepcopy(notebook)
    marks = {mark.id: mark for mark in report.marks}
    errors = {error.cell: error.error for error in report.errors if error.own}
    for cell in graded.cells:
        if mark := marks.get(_id(cell)):
            cell.outputs = list(_verdict(mark))
        elif error := errors.get(cell.id):
            cell.outputs = [_error("Error", error)]
    graded.metadata[REPORT] = report.to_json()
    return graded


def _verdict(mark: Mark) -> Iterable[NotebookNode]:
    """Yield cell outputs in the form nbgrader scores: an error scores 0, a number is partial credit."""
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


def _restored(original: NotebookNode, submitted: Mapping) -> NotebookNode:
    """Return a cell of the lab in its released form; an answer cell keeps the submitted source."""
    cell = deepcopy(original)
    if _data(original).get("solution"):
        cell.source = source(submitted)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _extra(cell: Mapping, number: int) -> NotebookNode:
    """Return a cell that the learner added, reduced to its type, source and id."""
    make = new_code_cell if cell.get("cell_type") == "code" else new_markdown_cell
    given = str(cell.get("id", ""))
    return make(source(cell), id=given if _well_formed(given) else f"cell-{number}")


def _position(cells: list[NotebookNode], order: list[str], missing: str) -> int:
    """Return the position after the last cell that precedes `missing` in the lab."""
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
    """Return True for an id that nbformat 4.5 accepts."""
    return (
        0 < len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    )
