"""An array that knows how often single numbers were taken out of it: how a loop is told from one call."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class CountingArray(np.ndarray):
    """taken: how often Python took a single number, or a single row, of it or of a view of it."""

    reads = 0

    @classmethod
    def of(cls, array: np.ndarray, reads: int = 0) -> CountingArray:
        """`array` under observation, without a copy."""
        counted = array.view(cls)
        counted.reads = reads
        return counted

    def __array_finalize__(self, parent: object) -> None:
        """What is computed from it or a part of it counts for the first one."""
        self.root = getattr(parent, "root", parent) if isinstance(parent, CountingArray) else self

    def __getitem__(self, key: object) -> object:
        if isinstance(key, int | np.integer):
            self.root.reads += 1
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[object]:
        return (self[place] for place in range(len(self)))

    def __deepcopy__(self, memo: dict) -> CountingArray:
        return self
