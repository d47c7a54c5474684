"""The folder for everything built on this machine, with atomic writes and checksums.

A built file is written completely or not at all, and sealed: its SHA-256 is stored beside it. A file that no
longer matches its seal is refused with a message that says what to run.
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
    """Raised if a built file is missing, damaged or cannot be written; the message says what to run."""


class CorruptFileError(StoreError):
    """Raised if a file differs from what was written."""


def home() -> Path:
    """Return the project's cache folder, created if needed: $UNDER500_HOME or the system's default.

    Raises StoreError if it cannot be created.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("under500"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for models and results cannot be created ({error.strerror}): set "
            f"{HOME_VARIABLE} to a folder that you may write to."
        ) from error
    return folder


def sha256(path: Path) -> str:
    """Return the hex digest of a file; takes about 0.6 s per GB on a CPU with SHA instructions."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path, which becomes `path` with a seal on success and is deleted on failure.

    Raises StoreError if the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        digest = sha256(part)
        _seal(path).unlink(missing_ok=True)  # an old file must never have the new seal
        part.replace(path)
        _seal(path).write_text(digest)
        # Readable as the umask says: tempfile and some libraries write files that only their owner can read.
        path.chmod(_seal(path).stat().st_mode)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(path) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def disk_full(path: Path) -> StoreError:
    """Return the error for a full disk."""
    return StoreError(
        f"The disk is full while writing {path.name} into {path.parent}: free some space, or set "
        f"{HOME_VARIABLE} to a folder on another disk, and run `under500 prepare` again; "
        "finished files are kept."
    )


def check_seal(path: Path) -> Path:
    """Return `path` after checking its content against its seal.

    Raises StoreError if the file is missing and CorruptFileError if it is damaged.
    """
    expected = stored_sha256(path)
    if sha256(path) != expected:
        raise CorruptFileError(
            f"{path.name} in {path.parent} is damaged (its checksum differs): "
            "run `under500 prepare` to build it again."
        )
    return path


def stored_sha256(path: Path) -> str:
    """Return the SHA-256 stored when `path` was written; cheap. Raises StoreError if it is not built."""
    if not sealed(path):
        raise StoreError(f"{path.name} is not built yet: run `under500 prepare`.")
    return _seal(path).read_text().strip()


def sealed(path: Path) -> bool:
    """Return True if `path` was written completely; later damage is not checked."""
    return path.exists() and _seal(path).exists()


def intact(path: Path) -> bool:
    """Return True if `path` exists and matches its seal."""
    try:
        check_seal(path)
    except StoreError:
        return False
    return True


def _seal(path: Path) -> Path:
    return path.with_name(path.name + SEAL_SUFFIX)
