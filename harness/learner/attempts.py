"""Every run of a check, in SQLite: which exercise, what share of its points, and how fast a timed entry was.

Several notebooks and a terminal may write at the same time, and an interrupt loses nothing that was recorded
before. The data stay on this machine.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import PlainError
from harness.learner import predictions

NAME = "attempts.sqlite"
BUSY_S = 10  # timeout for a lock: a write takes milliseconds
VERSION = 1
TABLE = """
CREATE TABLE attempts (
    exercise TEXT NOT NULL, share REAL NOT NULL, source TEXT NOT NULL, e2e_ms REAL, bar_ms REAL,
    at TEXT NOT NULL
)"""
NOTEBOOK, REFEREE = "notebook", "referee"


class AttemptsError(PlainError):
    """An unusable file of attempts; the message says what to do."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a check.

    exercise: see `exercise_key`. share: of the exercise's points, 0 to 1. source: NOTEBOOK, or REFEREE for
    `under500 check`. e2e_ms, bar_ms: for a timed exercise, end-to-end p50 of the entry and of the yardstick.
    """

    exercise: str
    share: float
    source: str = NOTEBOOK
    e2e_ms: float | None = None
    bar_ms: float | None = None
    at: str = field(default_factory=_now)


def exercise_key(check: str, options: Mapping[str, object]) -> str:
    """Return the name of an exercise: that of its check, with the lab where several labs share the check."""
    lab = options.get("lab")
    return f"{check}:{lab}" if lab else check


def path() -> Path:
    """Return the file, in the folder of the predictions: temporary while a class is graded."""
    return predictions.folder() / NAME


def record(attempts: Iterable[Attempt]) -> None:
    """Add attempts, all or none. Raises AttemptsError if the file cannot be written."""
    rows = [astuple(attempt) for attempt in attempts]
    with _open() as db:
        db.executemany("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)", rows)


def attempts() -> list[Attempt]:
    """Return all attempts, the oldest first. Raises AttemptsError if the file cannot be read."""
    if not path().exists():
        return []
    with _open() as db:
        return [Attempt(*row) for row in db.execute("SELECT * FROM attempts ORDER BY rowid")]


def record_in_notebook(check: str, options: Mapping[str, object], share: float) -> str:
    """Add the result of a check cell; do nothing outside a notebook, where the referee runs the same check.

    Returns a note if it cannot be recorded, else "": a check must not fail for that.
    """
    if not in_notebook():
        return ""
    try:
        record([Attempt(exercise_key(check, options), share)])
    except AttemptsError as error:
        return f"Not remembered for your page: {error}"
    return ""


def in_notebook() -> bool:
    """Return True in a kernel: a learner runs a check there, and a referee does not."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """Open a transaction, which is committed at the end of the block or rolled back if it fails."""
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path(), timeout=BUSY_S)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(error) from error
    try:
        with db:
            _prepare(db)
            yield db
    except sqlite3.Error as error:
        raise _unusable(error) from error
    finally:
        db.close()


def _prepare(db: sqlite3.Connection) -> None:
    """Create the table of a new file. Raises sqlite3.DatabaseError for a file of a later version."""
    db.execute("BEGIN IMMEDIATE")  # two notebooks may both be the first
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it has version {version}, and this program reads {VERSION}")
    if version == 0:
        db.execute(TABLE)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _unusable(error: Exception) -> AttemptsError:
    return AttemptsError(
        f"The record of your checks in {path()} cannot be used ({error}): move that file away to start a "
        "new one."
    )
