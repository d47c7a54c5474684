"""The reference solution, from its one home: the capstone's solution notebook.

Only its own code runs: the exercises and the way to `entry`, without check cells and pictures. Trusted code,
in this process; a learner's notebook runs in a worker instead.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat

from harness.errors import PlainError
from harness.measure.latency.code_fingerprint import code_fingerprint
from harness.measure.latency.journey import Stop
from harness.serve.entry import Entry

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "solutions" / "10-capstone" / "10-capstone.ipynb"
LAST = "with-caches"  # id of the last cell that is needed
NEEDED = ("setup", "setup-parts", "writers", "journey", LAST)  # besides the exercises
# What the journey's numbers depend on, besides these cells.
CODE = ("harness/stages", "harness/wrappers", "harness/serve", "harness/models")
WEIGHTS = "harness/models/adapters"


class ReferenceMissingError(PlainError):
    """There is no reference here to be measured."""


def reference() -> Entry:
    """The reference as users meet it. Raises ReferenceMissingError, and StoreError before `prepare`."""
    return _namespace()["entry"]()


def stops() -> list[Stop]:
    """The way to the reference, one change a step; the slow baseline first."""
    return _namespace()["journey"]()


def remembering() -> list[Stop]:
    """What is asked the mixed workload: the slow baseline, the reference, and it with caches."""
    return _namespace()["with_caches"]()


def described() -> str:
    """Return a fingerprint of the code and the weights that a journey describes.

    Prose, comments and the location of a function do not count: see `code_fingerprint`.
    """
    files = [file for folder in CODE for file in (ROOT / folder).rglob("*.py")]
    weights = [f for f in (ROOT / WEIGHTS).rglob("*") if f.suffix in (".safetensors", ".npy")]
    return code_fingerprint(
        [*(file.read_text() for file in files), *(cell.source for cell in _cells())],
        [file.read_bytes() for file in weights],
    )


@cache
def _namespace() -> dict[str, object]:
    """What the notebook's cells define."""
    if not NOTEBOOK.exists():
        raise ReferenceMissingError(
            "The reference lives in solutions/, which is not beside this package: run it from a checkout."
        )
    namespace: dict[str, object] = {"__name__": "reference"}
    for cell in _cells():
        exec(compile(cell.source, f"{NOTEBOOK.name}:{cell.id}", "exec"), namespace)
    return namespace


def _cells() -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    ids = [cell.id for cell in code]
    needed = code[: ids.index(LAST) + 1]
    return [
        cell
        for cell in needed
        if cell.id in NEEDED or cell.metadata.get("nbgrader", {}).get("solution")
    ]
