"""The file that somebody handed in: read as data, and only as much of it as matters."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from harness.errors import PlainError

MOST_BYTES = 20_000_000  # a lab with pictures has 2 MB


class NotebookError(PlainError):
    """The file is not a notebook that can be graded; the message says why."""


def read(path: Path) -> NotebookNode:
    """The notebook in `path`; outputs are dropped unseen. Raises NotebookError."""
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise NotebookError(
                f"{path.name} has {size / 1e6:,.0f} MB: clear all outputs, save, and hand it in again."
            )
        found = json.loads(path.read_text(encoding="utf-8"))
        for cell in found["cells"]:
            cell |= {"metadata": _metadata(cell)} | ({"outputs": []} if "outputs" in cell else {})
        return nbformat.from_dict(found)
    except OSError as error:
        raise NotebookError(f"{path.name} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotebookError(
            f"{path.name} is not a notebook: open it in Jupyter and save it again."
        ) from error


def _metadata(cell: dict) -> dict:
    """Only what says which cell of the lab it is; a learner's tags have no say."""
    grade_id = (cell.get("metadata") or {}).get("nbgrader", {}).get("grade_id")
    return {"nbgrader": {"grade_id": grade_id}} if isinstance(grade_id, str) else {}


def code(cell: NotebookNode) -> str | None:
    """The source of a code cell, None for another."""
    if cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
