"""Who may be measured, by name: the entry points of the group `under500.entries`.

The harness brings `baseline` and `yardstick`; another package adds its own without being imported here.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from harness import baseline, knobs
from harness.errors import WrongUseError
from harness.measure.latency import yardstick as measure
from harness.serve.entry import Entry

GROUP = "under500.entries"


def names() -> list[str]:
    """All there are, sorted."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def named(name: str) -> Entry:
    """The entry of that name, its models loaded. Raises WrongUseError, and StoreError before `prepare`."""
    found = next((e for e in entry_points(group=GROUP) if e.name == name), None)
    if found is None:
        raise WrongUseError(f"There is no `{name}` to measure: choose from {', '.join(names())}.")
    return found.load()()


def slow_baseline() -> Entry:
    """What learners start from."""
    return Entry("baseline", baseline.pipeline(), baseline.network())


def yardstick() -> Entry:
    """500 ms of work where the baseline is 3.2 s."""
    return measure.yardstick(knobs.load().yardstick)
