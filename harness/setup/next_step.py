"""The next thing to do on this machine, in a sentence."""

from __future__ import annotations

from harness import knobs, store

PREPARE = (
    "Nothing is prepared here yet. Next: run `under500 prepare`, or `make start`, which also opens "
    "the labs."
)
LABS = "Everything is prepared. Next: run `make start` and open a lab."


def next_step() -> str:
    """Return what to do next and how. Reads little, so that it is said at once."""
    return LABS if store.sealed(knobs.path()) else PREPARE
