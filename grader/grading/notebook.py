"""The reading of a submitted notebook as data: only the cells' sources, types and grade ids are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from harness.errors import PlainError

MAX_BYTES = 20_000_000  # a lab with its plots has 2 MB
MAX_CELLS = 1_000  # the longest lab has a tenth of it; every cell costs the grader a request and a page a row
MAX_CHARS = 1_000_000  # of all sources together: a hundred times a lab's
# Beside sources and grade ids, all that is read of a file. The rest may be millions of objects, each of which
# would cost time and memory.
OF_A_FILE, OF_A_CELL = ("nbformat", "nbformat_minor"), ("id", "cell_type")


class NotebookError(PlainError):
    """The file cannot be graded as a notebook; the message says why."""


def read(path: Path) -> NotebookNode:
    """Return one's own notebook in `path`. Raises NotebookError if it cannot be read, and as `parse` does.

    Another person's file is read by `grader.course.handed_in`.
    """
    try:
        require_size(path.name, path.stat().st_size)
        return parse(path.name, path.read_bytes())
    except OSError as error:
        raise NotebookError(f"{path.name} cannot be read ({error.strerror}).") from error


def require_size(name: str, size: int) -> None:
    """Raise NotebookError if a file of `size` bytes is larger than MAX_BYTES."""
    if size > MAX_BYTES:
        raise NotebookError(
            f"{name} has {size / 1e6:,.0f} MB and at most {MAX_BYTES / 1e6:.0f} are read: "
            "clear all outputs, save, and hand it in again."
        )


def parse(name: str, content: bytes) -> NotebookNode:
    """Return the notebook in `content`: its format, and each cell's id, type, source and grade id.

    Raises NotebookError if it has more than MAX_BYTES, MAX_CELLS or MAX_CHARS, or is not a notebook.
    """
    require_size(name, len(content))
    try:
        notebook = json.loads(content.decode("utf-8"))
        _require_few(name, notebook["cells"])
        cells = [_kept(cell, OF_A_CELL, str) | _emptied(cell) for cell in notebook["cells"]]
        return nbformat.from_dict(
            _kept(notebook, OF_A_FILE, int) | {"metadata": {}, "cells": cells}
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotebookError(
            f"{name} is not a notebook: open it in Jupyter and save it again."
        ) from error


def _require_few(name: str, cells: list[dict]) -> None:
    if len(cells) > MAX_CELLS:
        raise NotebookError(
            f"{name} has {len(cells):,} cells and at most {MAX_CELLS:,} are graded: "
            "delete the cells that you do not need."
        )
    if (chars := sum(len(source(cell)) for cell in cells)) > MAX_CHARS:
        raise NotebookError(
            f"The cells of {name} have {chars:,} characters and at most {MAX_CHARS:,} are graded: "
            "delete pasted data and pictures."
        )


def _kept(found: dict, names: tuple[str, ...], kind: type) -> dict:
    return {name: found[name] for name in names if isinstance(found.get(name), kind)}


def _emptied(cell: dict) -> dict:
    """Return a cell's source as one text, and what replaces its metadata and outputs."""
    code = {"outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else {}
    return {"source": source(cell), "metadata": _metadata(cell)} | code


def _metadata(cell: dict) -> dict:
    """Return only the grade id, which identifies a cell of the lab; a learner's tags have no effect."""
    grade_id = (cell.get("metadata") or {}).get("nbgrader", {}).get("grade_id")
    return {"nbgrader": {"grade_id": grade_id}} if isinstance(grade_id, str) else {}


def code(cell: NotebookNode) -> str | None:
    """Return the source of a code cell, or None for any other cell."""
    return source(cell) if cell.get("cell_type") == "code" else None


def source(cell: Mapping) -> str:
    """Return the source of a cell; a file may hold it in one piece or as a list of lines."""
    text = cell.get("source", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def code_cells(notebook: NotebookNode) -> Iterator[tuple[str, str, str]]:
    """Yield (id, grade id, source) of each code cell; a missing grade id is ""."""
    for number, cell in enumerate(notebook.cells, start=1):
        if (text := code(cell)) is not None:
            data = cell.get("metadata", {}).get("nbgrader", {})
            yield str(cell.get("id", f"cell {number}")), str(data.get("grade_id", "")), text


def digest(notebook: NotebookNode) -> str:
    """Return the digest of the code cells and their grade ids, which differs between any two programs.

    A separator could be part of a cell, so that two notebooks would have one digest and the same questions.
    """
    cells = json.dumps([cell[1:] for cell in code_cells(notebook)], ensure_ascii=False)
    return hashlib.sha256(cells.encode("utf-8", errors="surrogatepass")).hexdigest()
