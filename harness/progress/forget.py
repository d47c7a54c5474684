"""Deletion of everything that is remembered of a learner on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import PlainError
from harness.interview.dialogue.opening import folder as interviews_folder
from harness.interview.practice.history import NAME as HISTORY
from harness.learner import attempts, predictions, results


def remembered() -> list[Path]:
    """Return the files: attempts, predictions, measurements, and interviews with their history."""
    interviews = interviews_folder()
    single = [attempts.path(), interviews / HISTORY]
    found = [
        *predictions.folder().glob("*.json"),
        *results.folder().glob("*.json"),
        *interviews.glob("*.jsonl"),
    ]
    return sorted(path for path in [*single, *found] if path.is_file())


def forget(files: Iterable[Path]) -> None:
    """Delete files. Raises PlainError if one cannot be deleted; the others before it are gone."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise PlainError(
                f"{path} cannot be deleted ({error.strerror}): delete it yourself."
            ) from error
