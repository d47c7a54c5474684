"""Merging of a submission into the released lab, and of the marks into the result.

Only the sources of cells survive from a submission: no tags, no metadata, no outputs. A learner therefore
cannot change, skip or remove a check cell, nor forge verdicts or gradebook entries on the feedback page.
A learner's text is shown as it was written: markup, links and formulas in it do nothing on any page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from copy import deepcopy
from html import escape
from itertools import count

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grader.grading.notebook import NotebookError, source
from grader.grading.report import Mark, Outcome, Report

TILDES = re.compile("~+")
REPORT = "under500"  # key in the notebook's metadata
POINTLESS = (Outcome.UNDECIDED, Outcome.NOT_GRADED)


def merged(released: NotebookNode, submitted: NotebookNode, name: str) -> NotebookNode:
    """Return the submission with the lab's own cells restored to their released form.

    Cells stay in the learner's order. Of the lab's cells, only answers keep the learner's source. Missing
    check cells are put back at their place. `submitted` comes from `grader.grading.notebook.read`.

    Raises NotebookError if the submission has no cell of the lab.
    """
    lab_cells = {_id(cell): cell for cell in released.cells if _id(cell)}
    texts = frozenset(cell.source for cell in released.cells if cell.cell_type == "markdown")
    missing, cells = dict(lab_cells), []
    for number, cell in enumerate(_without_copied_checks(submitted.cells, lab_cells)):
        original = missing.pop(_id(cell), None)
        restored = _extra(cell, number, texts) if original is None else _restored(original, cell)
        cells.append(restored)
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
    if _data(original).get("solution") and submitted is not original:
        text = source(submitted)
        cell.source = text if cell.cell_type == "code" else _verbatim(text, {original.source})
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _extra(cell: Mapping, number: int, texts: Set[str]) -> NotebookNode:
    """Return a cell that is no exercise, reduced to its type, source and id. `texts`: those of the lab."""
    given = str(cell.get("id", ""))
    id_ = given if _well_formed(given) else f"cell-{number}"
    if cell.get("cell_type") == "code":
        return new_code_cell(source(cell), id=id_)
    return new_markdown_cell(_verbatim(source(cell), texts), id=id_)


def _verbatim(text: str, texts: Set[str]) -> str:
    """Return Markdown that shows `text` as it was written, unless it is one of the lab's own `texts`.

    No HTML is filtered: in a fenced block there is none, no link and no formula, in any reader of Markdown.
    The fence is longer than every one in the text, so the text cannot end it.
    """
    if text in texts or not text.strip():
        return text if text in texts else ""
    longest = max(map(len, TILDES.findall(text)), default=0)
    fence = "~" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def shown(text: str, **_: object) -> str:
    """Return HTML that shows the source of a code cell as it was written, for Formgrader.

    Nothing is highlighted: for some sources that takes a time that grows with the square of their length.
    """
    return f'<div class="highlight"><pre>{escape(text)}</pre></div>'


def written(cell: Mapping) -> str:
    """Return the text of a cell as the learner wrote it, without the fence that `merged` puts around it."""
    first, _, rest = source(cell).partition("\n")
    fenced = cell.get("cell_type") == "markdown" and first and not first.strip("~")
    return rest.removesuffix(f"\n{first}") if fenced else source(cell)


def _without_copied_checks(cells: Sequence[Mapping], lab_cells: Mapping) -> list[Mapping]:
    """Leave out all but the last copy of a check cell: an earlier one would run before its exercise."""
    last = {_id(cell): number for number, cell in enumerate(cells)}
    checks = {id_ for id_, cell in lab_cells.items() if _is_check(cell)}
    return [
        cell
        for number, cell in enumerate(cells)
        if _id(cell) not in checks or last[_id(cell)] == number
    ]


def _is_check(cell: Mapping) -> bool:
    return bool(_data(cell).get("grade")) and not _data(cell).get("solution")


def _position(cells: list[NotebookNode], order: list[str], missing: str) -> int:
    """Return the position after the last cell that precedes `missing` in the lab."""
    before = set(order[: order.index(missing)])
    return 1 + max((at for at, cell in enumerate(cells) if _id(cell) in before), default=-1)


def _notebook(released: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    taken = {cell.id for cell in cells}
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in seen:  # every candidate differs from the ids of all cells, so one is free
            free = (f"copy-{number}-{n}" for n in count())
            cell.id = next(id_ for id_ in free if id_ not in taken | seen)
        seen.add(cell.id)
    kernel = {"kernelspec": released.metadata.get("kernelspec", {})}
    return new_notebook(cells=cells, metadata=kernel)


def _well_formed(text: str) -> bool:
    """Return True for an id that nbformat 4.5 accepts."""
    return (
        0 < len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    )
