"""Grading records on disk: written atomically, and valid only for the file and the lab they were made from.

An interrupted run leaves the records of everything it finished; the next run continues after them.
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

from grader.course.handed_in import HandedIn
from grader.grading.report import Report, from_json
from harness.errors import PlainError


class DiskError(PlainError):
    """A result could not be written to disk."""


@dataclass(frozen=True, slots=True)
class Record:
    """A report, the digest of what was graded, and whether the report is in the gradebook.

    `digest` comes from `digest()`. `note` is the reason why the report is not `entered`, or
    which of several files was graded, or "".
    """

    digest: str
    report: Report
    entered: bool
    note: str = ""

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        return {
            "digest": self.digest,
            "entered": self.entered,
            "note": self.note,
            "report": self.report.to_json(),
        }


def read(path: Path) -> Record | None:
    """Return the record in `path`, or None if the file is missing or is not a record."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        report = from_json(values["report"])
        return Record(str(values["digest"]), report, bool(values["entered"]), str(values["note"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def write(path: Path, record: Record) -> None:
    """Write `record` to `path`, replacing an earlier one. Raises DiskError."""
    write_atomically(path, json.dumps(record.to_json(), ensure_ascii=False, indent=1) + "\n")


def forget(path: Path) -> None:
    """Delete the record in `path` if there is one. Raises DiskError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error


def write_atomically(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a text file so that a reader sees either the old content or the new. Raises DiskError.

    mode: the new file's rights, of which the umask takes some.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch(mode)
        with part.open("w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # costs milliseconds, and the record survives a power cut
        part.replace(path)
    except OSError as error:
        raise disk_error(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def digest(handed_in: HandedIn, released: Mapping) -> str:
    """Return a digest of what was handed in, or why it was not read, and of the lab it is graded against."""
    result = hashlib.sha256(json.dumps(released, sort_keys=True).encode())
    result.update(hashlib.sha256(handed_in.content).digest() + handed_in.problem.encode())
    return result.hexdigest()


def disk_error(path: Path, error: OSError) -> DiskError:
    """Return a DiskError that says what to do about `error`."""
    if error.errno == errno.ENOSPC:
        return DiskError(
            f"The disk is full at {path.parent}: free some space and run the same command again."
        )
    return DiskError(f"{path} cannot be written ({error.strerror}): check its permissions.")
