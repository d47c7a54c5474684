"""The reading of a submitted notebook as data: only the cells' sources, types and grade ids are kept."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from harness.errors import PlainError

MAX_BYTES = 20_000_000  # a lab with its plots has 2 MB


class NotebookError(PlainError):
    """The file cannot be graded as a notebook; the message says why."""


def read(path: Path) -> NotebookNode:
    """Return the notebook in `path` without its outputs and without most metadata.

    Raises NotebookError if the file is larger than MAX_BYTES, cannot be read, or is not a notebook.
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise NotebookError(
                f"{path.name} has {size / 1e6:,.0f} MB: clear all outputs, save, and hand it in again."
            )
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell |= {"metadata": _metadata(cell)} | ({"outputs": []} if "outputs" in cell else {})
        return nbformat.from_dict(notebook)
    except OSError as error:
        raise NotebookError(f"{path.name} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotebookError(
            f"{path.name} is not a notebook: open it in Jupyter and save it again."
        ) from error


def _metadata(cell: dict) -> dict:
    """Return only the grade id, which identifies a cell of the lab; a learner's tags have no effect."""
    grade_id = (cell.get("metadata") or {}).get("nbgrader", {}).get("grade_id")
    return {"nbgrader": {"grade_id": grade_id}} if isinstance(grade_id, str) else {}


def code(cell: NotebookNode) -> str | None:
    """Return the source of a code cell, or None for any other cell."""
    if cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
