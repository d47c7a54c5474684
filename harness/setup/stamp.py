"""A stamp: what preparation found intact, so that the next start need not read gigabytes again.

Preparation reads every byte of what it has built. The stamp lists the size and the date of each file read, of
the project's own files and of the installed packages; while none has changed, there is nothing to do.
"""

from __future__ import annotations

import json
import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import harness
from harness import store

FILE = "prepared.json"
PROJECT = Path(harness.__file__).parent
PACKAGES = Path(sysconfig.get_path("purelib"))


def unchanged() -> bool:
    """Return whether nothing has changed since the stamp was written; False without a stamp."""
    try:
        stamp = json.loads(store.check_seal(store.home() / FILE).read_text())
        return stamp == _stamp([Path(path) for path in stamp["files"]])
    except (store.StoreError, OSError, ValueError, KeyError, TypeError):
        return False


def write() -> None:
    """Write the stamp of everything built so far. Raises StoreError if the disk is full."""
    stamp = _stamp(_files())
    with store.atomic_write(store.home() / FILE) as part:
        part.write_text(json.dumps(stamp))


def _stamp(files: list[Path]) -> dict[str, object]:
    """Return size and date of `files`, and what else a preparation depends on: the code and the machine."""
    return {
        "files": {str(path): _state(path) for path in files},
        "project": {str(path): _state(path) for path in _sources()},
        "packages": PACKAGES.stat().st_mtime_ns,  # changed by each installation
        "machine": list(platform.uname()),
    }


def _files() -> list[Path]:
    """Return what was built, and the packaged models."""
    from harness.models import catalog

    sealed = (seal.with_suffix("") for seal in store.home().rglob(f"*{store.SEAL_SUFFIX}"))
    built = [path for path in sealed if path.exists() and path.name != FILE]
    return sorted([*built, *(model.path() for model in catalog.OFFLINE)])


def _sources() -> Iterator[Path]:
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
