"""The one folder that holds everything built on this machine, and files that can be trusted.

A built file is written whole or not at all, and sealed with its SHA-256; a file that no longer matches its
seal is refused with a sentence that says what to run.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from harness.errors import PlainError

HOME_VARIABLE = "UNDER500_HOME"
SEAL_SUFFIX = ".sha256"


class StoreError(PlainError):
    """A built file is missing, damaged, or cannot be written; the message says what to run."""


class CorruptFileError(StoreError):
    """A file differs from what was written."""


def home() -> Path:
    """The project's cache folder: $UNDER500_HOME, or the system's usual place."""
    chosen = os.environ.get(HOME_VARIABLE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("under500"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sha256(path: Path) -> str:
    """Hex digest of a file; about 0.6 s per GB on a CPU with SHA instructions."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A temporary path to write to; on success it becomes `path`, sealed. On failure nothing is left.

    Raises StoreError when the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        digest = sha256(part)
        _seal(path).unlink(missing_ok=True)  # never a new seal on an old file
        part.replace(path)
        _seal(path).write_text(digest)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(path) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def disk_full(path: Path) -> StoreError:
    """The one sentence for a full disk."""
    return StoreError(
        f"The disk is full while writing {path.name} into {path.parent}: free some space, or set "
        f"{HOME_VARIABLE} to a folder on another disk, and run `under500 prepare` again; "
        "what is finished is kept."
    )


def verified(path: Path) -> Path:
    """`path`, once its content matches its seal.

    Raises StoreError when it is missing and CorruptFileError when it is damaged.
    """
    wanted = seal(path)
    if sha256(path) != wanted:
        raise CorruptFileError(
            f"{path.name} in {path.parent} is damaged (its checksum differs): "
            "run `under500 prepare`, which builds it again."
        )
    return path


def seal(path: Path) -> str:
    """The SHA-256 that `path` was sealed with; cheap. Raises StoreError when it is not built."""
    if not sealed(path):
        raise StoreError(f"{path.name} is not built yet: run `under500 prepare`.")
    return _seal(path).read_text().strip()


def sealed(path: Path) -> bool:
    """True when `path` was written to its end; says nothing about later damage."""
    return path.exists() and _seal(path).exists()


def intact(path: Path) -> bool:
    """True when `path` is there and matches its seal."""
    try:
        verified(path)
    except StoreError:
        return False
    return True


def _seal(path: Path) -> Path:
    return path.with_name(path.name + SEAL_SUFFIX)
