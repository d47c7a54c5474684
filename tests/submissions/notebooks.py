"""Notebooks made from the data files beside this one."""

from __future__ import annotations

from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grader.grading.lab import Lab, lab

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAME = "01-profile"
# What the lab's own first cell imports, as far as exercises use it: no model is loaded.
SETUP = "import math\nimport numpy as np\nfrom harness.semconv import STAGES"
WRONG = {
    "q0-guess": "guess = {}",
    "q1-gap": "def breakdown(trace):\n    return {}",
    "q2-gap": "def percentile(samples_ms, p):\n    return 0.0",
    "q3-gap": "def explain(stage_ms, total_ms):\n    return 'network', 2.0",
    "q4-gap": "def ceiling(stage_ms, stage, factor):\n    return 0.0",
    "q5-gap": "def smallest_fix(stage_ms, limit_ms):\n    return list(stage_ms) * 2",
    "q6-gap": "budget_ms = {}",
}


def read(file: Path) -> object:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def described(file: str, kind: str) -> list[dict]:
    return read(HERE / file)[kind]


def released() -> NotebookNode:
    return nbformat.read(ROOT / "labs" / NAME / f"{NAME}.ipynb", as_version=4)


def solved() -> dict[str, str]:
    notebook = nbformat.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in notebook.cells}


def lab01() -> Lab:
    return lab(NAME, released())


def submission(one: dict, answers: dict[str, str], **known: object) -> NotebookNode:
    """Return the exercises and checks of lab 01 with `answers`, changed as `one` says.

    known: values that the cells find under these names.
    """
    given = "".join(f"{name} = {value!r}\n" for name, value in known.items())
    cells = [new_code_cell(f"{SETUP}\n{given}", id="setup")]
    cells += [new_code_cell(one["first"], id="first")] if "first" in one else []
    for cell in released().cells:
        if cell.metadata.get("nbgrader") and cell.id not in one.get("without", ()):
            cells.append(_changed(cell, one, answers))
    cells += [new_code_cell(one["last"], id="last")] if "last" in one else []
    return new_notebook(cells=cells)


def _changed(cell: NotebookNode, one: dict, answers: dict[str, str]) -> NotebookNode:
    cell.source = one.get("cells", {}).get(cell.id, answers.get(cell.id, cell.source))
    cell.metadata |= {"tags": one.get("tags", [])}
    if "points" in one and "points" in cell.metadata.nbgrader:
        cell.metadata.nbgrader["points"] = one["points"]
    return cell
