"""The sizes of what caches store, for one entry and for a million of them."""

from __future__ import annotations

from statistics import median

from harness.wrappers.text_store import TextStore


def median_bytes(store: TextStore) -> float:
    """Return the median size of an entry of `store`, as UTF-8."""
    return median(len(store.cache[key].encode()) for key in store.cache)


def size_row(name: str, n_bytes: float) -> str:
    """Return a line with the size of one entry, `n_bytes`, and that of a million."""
    return f"{name:<46}{n_bytes / 1e3:10,.1f} kB, a million of them {n_bytes / 1e3:10,.1f} GB"
