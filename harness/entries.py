"""The assistants that can be measured by name: the entry points of the group `under500.entries`.

The harness provides `baseline` and `yardstick`; other packages add theirs without being imported here. A
notebook of the user's own is named by its file.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points

from harness import baseline, knobs
from harness.errors import WrongUseError
from harness.measure.latency import yardstick as measure
from harness.measure.service.notebook_entry import is_notebook, notebook_entry
from harness.serve.entry import Entry

GROUP = "under500.entries"


def names() -> list[str]:
    """Return the names of all entries, sorted."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def entry_named(name: str) -> Entry:
    """Return the entry called `name`, or the one that a notebook builds, with its models loaded.

    Raises WrongUseError for an unknown name, and StoreError before `under500 prepare`.
    """
    if is_notebook(name):
        return replace(notebook_entry(name), name=name)
    point = next((e for e in entry_points(group=GROUP) if e.name == name), None)
    if point is None:
        known = ", ".join(names())
        raise WrongUseError(
            f"There is no entry `{name}`: choose from {known}, or name a notebook (.ipynb)."
        )
    return point.load()()


def slow_baseline() -> Entry:
    """Return the baseline that learners start from."""
    return Entry("baseline", baseline.pipeline(), baseline.network())


def yardstick() -> Entry:
    """Return the yardstick: work that takes 500 ms on a machine where the baseline takes 3.2 s."""
    return measure.yardstick(knobs.load().yardstick)
