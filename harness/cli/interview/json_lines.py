"""Text from a file or standard input, and its JSON lines; what cannot be read is named by its line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import WrongUseError

STDIN = Path("-")
MAX_BYTES = 5_000_000  # of the input; 50,000 words are 300 kB


def json_lines(text: str, what: str) -> Iterator[tuple[int, object]]:
    """Yield (number, value) of each line that is not empty. what: the name of the lines in a message.

    Raises WrongUseError, naming the line.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise WrongUseError(
                f"Line {number} of the {what} is not JSON: write one JSON object on each line."
            ) from error


def text_of(path: Path) -> str:
    """Return the text of a file, or of standard input. Raises WrongUseError if it cannot be read."""
    try:
        return bytes_of(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUseError(f"{path} is not UTF-8 text: save it as UTF-8.") from error


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input. Raises WrongUseError if it cannot be read."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if path == STDIN else _read(path, MAX_BYTES + 1)
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read ({error.strerror}): check the name.") from error
    if len(data) > MAX_BYTES:
        raise WrongUseError(
            f"{path} is larger than {MAX_BYTES / 1e6:.0f} MB: is it the right file?"
        )
    return data


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(max_bytes)
