"""The reference solution, taken from the capstone's solution notebook.

Only the exercises and the cells that lead to `entry` run, without check cells and plots. The code is trusted
and runs in this process; a learner's notebook runs in a separate one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat

from harness.errors import PlainError
from harness.measure.latency.code_fingerprint import code_fingerprint
from harness.measure.latency.journey import JourneyStep
from harness.serve.entry import Entry

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "solutions" / "10-capstone" / "10-capstone.ipynb"
LAST = "with-caches"  # id of the last cell that is needed
NEEDED = ("setup", "setup-parts", "writers", "journey", LAST)  # in addition to the exercises
# The folders that the journey's numbers depend on, in addition to these cells.
CODE = ("harness/stages", "harness/wrappers", "harness/serve", "harness/models")
# Where a file comes from changes no number: its checksum is the same.
NOT_MEASURED = ("catalog.py", "hub.py")
WEIGHTS = "harness/models/adapters"


class ReferenceMissingError(PlainError):
    """The solution notebook with the reference is not installed."""


def reference() -> Entry:
    """Return the reference's Entry: assistant, network and server.

    Raises ReferenceMissingError, and StoreError if `under500 prepare` has not run.
    """
    return _namespace()["entry"]()


def steps() -> list[JourneyStep]:
    """Return the steps from the slow baseline to the reference, one change each."""
    return _namespace()["journey"]()


def cached_steps() -> list[JourneyStep]:
    """Return the steps for the mixed workload: baseline, reference, and reference with caches."""
    return _namespace()["with_caches"]()


def fingerprint() -> str:
    """Return a fingerprint of the code and weights that the journey's numbers depend on.

    Comments, docstrings and the location of a function do not change it: see `code_fingerprint`.
    """
    files = [
        file
        for folder in CODE
        for file in (ROOT / folder).rglob("*.py")
        if file.name not in NOT_MEASURED
    ]
    weights = [f for f in (ROOT / WEIGHTS).rglob("*") if f.suffix in (".safetensors", ".npy")]
    return code_fingerprint(
        [*(file.read_text() for file in files), *(cell.source for cell in _cells())],
        [file.read_bytes() for file in weights],
    )


@cache
def _namespace() -> dict[str, object]:
    """Run the needed cells and return the names they define."""
    if not NOTEBOOK.exists():
        raise ReferenceMissingError(
            f"{NOTEBOOK} does not exist: the reference is in solutions/, so run this in a checkout."
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
