"""Texts kept on disk under keys, each until its deadline: diskcache (SQLite), and never a pickle.

Reading a pickle runs whatever code somebody has put into it, and a cache folder is easily written to. A
cache is only a copy: when it fails, the entry counts as missing and the answer is computed.
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

WAIT_S = 0.2  # for another process that is writing; longer, and computing is the better choice
FAILURES = (sqlite3.Error, diskcache.Timeout, OSError, ValueError)


class TextDisk(diskcache.Disk):
    """diskcache's way to disk, with text as the only thing that passes; ValueError for anything else."""

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
    """Texts by key, on disk, safe between threads and processes; bounded by diskcache at 1 GB."""

    cache: diskcache.Cache
    expiry: Expiry = field(default_factory=Expiry)

    def get(self, key: str) -> str | None:
        """The text kept under `key`; None when there is none, it is too old, or it cannot be read."""
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
        """Keep `text`, in place of what was there; a full disk is logged, and nothing is kept."""
        deadline = self.expiry.deadline()
        left_s = deadline - self.expiry.clock()  # lets diskcache delete what is too old
        try:
            self.cache.set(key, json.dumps([deadline, text]), expire=left_s)
        except FAILURES as error:
            log.warning("The cache keeps nothing: %s", error)

    def close(self) -> None:
        """Close the database."""
        self.cache.close()


def text_store(folder: Path, expiry: Expiry | None = None) -> TextStore:
    """The store in `folder`, made when it is not there. Raises StoreError when it cannot be opened."""
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
