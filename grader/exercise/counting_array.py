"""An array that counts how often single items are read, which tells a Python loop from one NumPy call."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class CountingArray(np.ndarray):
    """An array with `reads`: how often Python read a single number or row of it or of a view of it."""

    reads = 0

    @classmethod
    def of(cls, array: np.ndarray, reads: int = 0) -> CountingArray:
        """Return a counting view of `array`, without a copy."""
        counted = array.view(cls)
        counted.reads = reads
        return counted

    def __array_finalize__(self, parent: object) -> None:
        """Let reads of a view, or of an array computed from this one, count for the first array."""
        self.root = getattr(parent, "root", parent) if isinstance(parent, CountingArray) else self

    def __getitem__(self, key: object) -> object:
        if isinstance(key, int | np.integer):
            self.root.reads += 1
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[object]:
        return (self[row] for row in range(len(self)))

    def __deepcopy__(self, memo: dict) -> CountingArray:
        return self
