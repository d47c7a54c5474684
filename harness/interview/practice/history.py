"""The history of interviews, in SQLite: scores, the level of each idea, and when an idea is due again.

One interview says little; what counts is the range over the last few. The data stay on this machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from harness.errors import PlainError
from harness.interview.dialogue.opening import folder
from harness.interview.scoring.rubric import DIMENSIONS

NAME = "history.sqlite"
BUSY_S = 10  # timeout for a lock: a notebook and a terminal may both write
VERSION = 1
TABLES = """
CREATE TABLE interviews (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, scenario TEXT NOT NULL, level TEXT NOT NULL, mode TEXT NOT NULL,
    minutes REAL NOT NULL, seed INTEGER, ended TEXT NOT NULL, transcript TEXT UNIQUE, engine TEXT NOT NULL,
    rubric_sha256 TEXT NOT NULL, systematic INTEGER, stack INTEGER, tradeoffs INTEGER, stakeholders INTEGER
);
CREATE TABLE ideas (
    interview INTEGER NOT NULL REFERENCES interviews(id), expectation TEXT NOT NULL, level TEXT NOT NULL,
    PRIMARY KEY (interview, expectation)
);
CREATE TABLE cards (expectation TEXT PRIMARY KEY, due TEXT NOT NULL, card TEXT NOT NULL);
CREATE TABLE plan (interview_on TEXT NOT NULL);
"""


class HistoryError(PlainError):
    """An unusable history file; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Played:
    """One interview. at: when it ended, timezone-aware; scores: 1 to 4 by dimension, or None."""

    at: datetime
    scenario: str
    level: str
    mode: str
    minutes: float
    seed: int | None
    ended: str
    transcript: str | None
    engine: str
    rubric_sha256: str
    scores: Mapping[str, int | None]


@dataclass(frozen=True)
class History:
    """The history in one file, which is created at first use. All methods raise HistoryError."""

    path: Path

    def add(
        self, played: Played, levels: Mapping[str, str], cards: Mapping[str, tuple[str, str]]
    ) -> bool:
        """Record an interview, the levels of its ideas, and its cards as (due, JSON), in one transaction.

        Returns False, and changes nothing, if this transcript was recorded before.
        """
        values = [
            *(played.at.isoformat(), played.scenario, played.level, played.mode, played.minutes),
            *(played.seed, played.ended, played.transcript, played.engine, played.rubric_sha256),
            *(played.scores.get(name) for name in DIMENSIONS),
        ]
        marks = ", ".join("?" * len(values))
        with self._open() as db:
            new = db.execute(f"INSERT OR IGNORE INTO interviews VALUES (NULL, {marks})", values)
            if not new.rowcount:
                return False
            db.executemany(
                "INSERT INTO ideas VALUES (?, ?, ?)",
                [(new.lastrowid, name, level) for name, level in levels.items()],
            )
            db.executemany(
                "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)",
                [(name, due, card) for name, (due, card) in cards.items()],
            )
        return True

    def interviews(self, last: int | None = None) -> list[Played]:
        """Return the `last` interviews, or all, the oldest first."""
        names = ", ".join(DIMENSIONS)
        with self._open() as db:
            rows = db.execute(
                "SELECT at, scenario, level, mode, minutes, seed, ended, transcript, engine, "
                f"rubric_sha256, {names} FROM interviews ORDER BY id DESC LIMIT ?",
                [-1 if last is None else last],
            ).fetchall()
        return [_played(row) for row in reversed(rows)]

    def cards(self) -> dict[str, str]:
        """Return the card of each expectation, as JSON, in the order in which they are due."""
        with self._open() as db:
            return dict(db.execute("SELECT expectation, card FROM cards ORDER BY due, expectation"))

    @property
    def interview_on(self) -> date | None:
        """Return the day of the real interview, or None if the learner has not set one."""
        with self._open() as db:
            row = db.execute("SELECT interview_on FROM plan").fetchone()
        return date.fromisoformat(row[0]) if row else None

    def plan(self, interview_on: date | None) -> None:
        """Set the day of the real interview, or clear it with None."""
        with self._open() as db:
            db.execute("DELETE FROM plan")
            if interview_on:
                db.execute("INSERT INTO plan VALUES (?)", [interview_on.isoformat()])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction, which is committed at the end of the block or rolled back if it fails."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.path, timeout=BUSY_S)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            with db:
                _prepare(db)
                yield db
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        finally:
            db.close()

    def _unusable(self, error: Exception) -> HistoryError:
        return HistoryError(
            f"The history of interviews in {self.path} cannot be used ({error}). Move that file away to "
            "start a new history; the transcripts beside it are not affected."
        )


def _prepare(db: sqlite3.Connection) -> None:
    """Create the tables of a new file. Raises sqlite3.DatabaseError for a file of a later version."""
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it has version {version}, and this program reads {VERSION}")
    if version == 0:
        for statement in TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _played(row: tuple) -> Played:
    at, *values = row
    scores = dict(zip(DIMENSIONS, values[-len(DIMENSIONS) :], strict=True))
    return Played(datetime.fromisoformat(at), *values[: -len(DIMENSIONS)], scores)


def history() -> History:
    """Return the learner's own history."""
    return History(folder() / NAME)
