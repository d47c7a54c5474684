"""Files that users name, read up to a limit."""

from __future__ import annotations

from pathlib import Path

from harness.errors import WrongUseError

MOST_BYTES = 20_000_000  # 100,000 long questions


def read_bounded(path: Path) -> bytes:
    """Return a file's bytes. Raises WrongUseError if it cannot be read, or has more than MOST_BYTES."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read ({error.strerror}).") from error
    if len(data) > MOST_BYTES:
        raise WrongUseError(f"{path} has more than {MOST_BYTES / 1e6:g} MB: give a smaller file.")
    return data
