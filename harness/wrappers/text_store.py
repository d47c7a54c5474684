"""A key-value store for text on disk, with expiry, based on diskcache (SQLite) without pickle.

Reading a pickle can run arbitrary code, and other programs can write to a cache folder. A cache holds only
copies: when it fails, the entry counts as missing and the answer is computed.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import diskcache

from harness.store import StoreError
from harness.wrappers.expiry import Expiry

log = logging.getLogger(__name__)

WAIT_S = 0.2  # for another process that is writing; beyond it, computing the answer is better
FAILURES = (sqlite3.Error, diskcache.Timeout, OSError, ValueError)


class TextDisk(diskcache.Disk):
    """A diskcache.Disk that stores and reads text only. Raises ValueError for anything else."""

    def put(self, key: object) -> tuple[str, bool]:
        return _text(key), True

    def get(self, key: object, raw: bool) -> str:
        return _text(key if raw else None)

    def store(self, value: object, *args: object, **kwargs: object) -> tuple[object, ...]:
        return super().store(_text(value), *args, **kwargs)

    def fetch(self, mode: int, *args: object) -> str:
        if mode not in (diskcache.core.MODE_RAW, diskcache.core.MODE_TEXT):
            raise ValueError("The cache holds an entry that is not text.")
        return _text(super().fetch(mode, *args))


@dataclass(frozen=True)
class TextStore:
    """A store of texts by key on disk, safe between threads and processes; at most 1 GB (diskcache)."""

    cache: diskcache.Cache
    expiry: Expiry = field(default_factory=Expiry)

    def get(self, key: str) -> str | None:
        """Return the text under `key`, or None if it is missing, expired or unreadable."""
        try:
            record = self.cache.get(key)
            if record is None:
                return None
            deadline, text = json.loads(record)
            return None if self.expiry.over(deadline) else _text(text)
        except (*FAILURES, TypeError) as error:
            log.warning("An entry of the cache cannot be read: %s", error)
            return None

    def put(self, key: str, text: str) -> None:
        """Store `text` under `key`, replacing an earlier one. A failure such as a full disk is logged."""
        deadline = self.expiry.deadline()
        left_s = deadline - self.expiry.clock()  # lets diskcache delete expired entries
        try:
            self.cache.set(key, json.dumps([deadline, text]), expire=left_s)
        except FAILURES as error:
            log.warning("An entry of the cache cannot be written: %s", error)

    def close(self) -> None:
        """Close the database."""
        self.cache.close()


def text_store(folder: Path, expiry: Expiry | None = None) -> TextStore:
    """Return the store in `folder`, which is created if needed. Raises StoreError if it cannot be opened."""
    try:
        cache = diskcache.Cache(str(folder), timeout=WAIT_S, disk=TextDisk)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The cache in {folder} cannot be opened ({error}): delete the folder, it holds only copies."
        ) from error
    return TextStore(cache, expiry or Expiry())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The cache keeps text, not {type(value).__name__}.")
    return value
