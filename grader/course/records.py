"""What was found about each submission, on disk: whole or not at all, and only for what it was found about.

A run that is killed leaves the records of all it had finished. The next run goes on behind them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.grading.report import Report, from_json
from harness.errors import PlainError


class DiskError(PlainError):
    """A result could not be written."""


@dataclass(frozen=True, slots=True)
class Record:
    """A report, on what, and whether it is in the gradebook.

    digest: of the submitted file and of the lab. note: why it is not `entered`, or "".
    """

    digest: str
    report: Report
    entered: bool
    note: str = ""

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`."""
        return {
            "digest": self.digest,
            "entered": self.entered,
            "note": self.note,
            "report": self.report.to_json(),
        }


def read(path: Path) -> Record | None:
    """The record in `path`; None when there is none, or what is there is no record."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        report = from_json(found["report"])
        return Record(str(found["digest"]), report, bool(found["entered"]), str(found["note"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(path: Path, record: Record) -> None:
    """Put `record` in the place of what was there. Raises DiskError."""
    written(path, json.dumps(record.to_json(), ensure_ascii=False, indent=1) + "\n")


def forget(path: Path) -> None:
    """Remove the record, if there is one. Raises DiskError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise told(path, error) from error


def written(path: Path, text: str) -> None:
    """Write a file whole: a reader sees the old one or the new one. Raises DiskError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # a record that survives a power cut is worth the milliseconds
        part.replace(path)
    except OSError as error:
        raise told(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def digest(path: Path, released: Mapping) -> str:
    """Of a submitted file, whatever it is, and the lab that it is held against."""
    found = hashlib.sha256(json.dumps(released, sort_keys=True).encode())
    try:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        found.update(type(error).__name__.encode())
    return found.hexdigest()


def told(path: Path, error: OSError) -> DiskError:
    """The sentence for a person."""
    if error.errno == errno.ENOSPC:
        return DiskError(
            f"The disk is full at {path.parent}: free some space and run the same command again."
        )
    return DiskError(f"{path} cannot be written ({error.strerror}): check its permissions.")
