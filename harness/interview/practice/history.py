"""Interviews that were played, in SQLite: scores, levels of each idea, and when an idea should come back.

One interview says little: what counts is the band over the last few. Nothing of it leaves this machine.
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
BUSY_S = 10  # a notebook and a terminal may both write
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
    """The history cannot be read or written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Played:
    """One interview. at: when it ended, with its time zone; scores: 1 to 4 by dimension, or None."""

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
    """The file; it is made when something is written."""

    path: Path

    def add(
        self, played: Played, levels: Mapping[str, str], cards: Mapping[str, tuple[str, str]]
    ) -> bool:
        """Keeps an interview, its ideas' levels, and cards as (due, JSON); all of it or nothing.

        False when this transcript is in already: nothing counts twice.
        """
        values = [played.at.isoformat(), played.scenario, played.level, played.mode, played.minutes]
        values += [
            played.seed,
            played.ended,
            played.transcript,
            played.engine,
            played.rubric_sha256,
        ]
        values += [played.scores.get(name) for name in DIMENSIONS]
        marks = ", ".join("?" * len(values))
        with self._open() as base:
            new = base.execute(f"INSERT OR IGNORE INTO interviews VALUES (NULL, {marks})", values)
            if not new.rowcount:
                return False
            base.executemany(
                "INSERT INTO ideas VALUES (?, ?, ?)",
                [(new.lastrowid, name, level) for name, level in levels.items()],
            )
            base.executemany(
                "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)",
                [(name, due, card) for name, (due, card) in cards.items()],
            )
        return True

    def interviews(self, last: int | None = None) -> list[Played]:
        """The last ones, the oldest first."""
        names = ", ".join(DIMENSIONS)
        with self._open() as base:
            rows = base.execute(
                "SELECT at, scenario, level, mode, minutes, seed, ended, transcript, engine, "
                f"rubric_sha256, {names} FROM interviews ORDER BY id DESC LIMIT ?",
                [-1 if last is None else last],
            ).fetchall()
        return [_played(row) for row in reversed(rows)]

    def cards(self) -> dict[str, str]:
        """Expectation -> its card, as JSON; the one that is due first comes first."""
        with self._open() as base:
            return dict(
                base.execute("SELECT expectation, card FROM cards ORDER BY due, expectation")
            )

    @property
    def interview_on(self) -> date | None:
        """When the real interview is, where the learner has said so."""
        with self._open() as base:
            row = base.execute("SELECT interview_on FROM plan").fetchone()
        return date.fromisoformat(row[0]) if row else None

    def plan(self, interview_on: date | None) -> None:
        """Remembers when the real interview is; None: there is none."""
        with self._open() as base:
            base.execute("DELETE FROM plan")
            if interview_on:
                base.execute("INSERT INTO plan VALUES (?)", [interview_on.isoformat()])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, taken back when it fails."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self.path, timeout=BUSY_S)
        except (OSError, sqlite3.Error) as error:
            raise self._trouble(error) from error
        try:
            with base:
                _prepare(base)
                yield base
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        finally:
            base.close()

    def _trouble(self, error: Exception) -> HistoryError:
        return HistoryError(
            f"The history of interviews in {self.path} cannot be used ({error}): move that file away, and a "
            "new one is begun; transcripts are kept beside it."
        )


def _prepare(base: sqlite3.Connection) -> None:
    """Makes the tables of a new file. Raises sqlite3.DatabaseError for one that a later version made."""
    [version] = base.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it is of version {version}, and this is version {VERSION}")
    if version == 0:
        for statement in TABLES.split(";"):
            base.execute(statement)
        base.execute(f"PRAGMA user_version = {VERSION}")


def _played(row: tuple) -> Played:
    at, *values = row
    scores = dict(zip(DIMENSIONS, values[-len(DIMENSIONS) :], strict=True))
    return Played(datetime.fromisoformat(at), *values[: -len(DIMENSIONS)], scores)


def history() -> History:
    """The learner's own."""
    return History(folder() / NAME)
