"""Approximate search in a graph of neighbours (HNSW, with hnswlib).

A search compares some hundred vectors instead of all and may miss one, so recall has to be measured. Below
a few thousand vectors the exact product is as fast and never misses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import hnswlib
import numpy as np

from harness import store
from harness.assistant import Chunk, Query
from harness.errors import WrongUseError
from harness.stages.exact_search import Allowed, nearest

LINKS = 16  # neighbours per vector (hnswlib's M), 8 bytes each; 12 to 48 is usual
EF_CONSTRUCTION = 200  # candidates while building; recall stops growing about there
EF = 64  # candidates while searching: the knob between recall and time
SEED = 500  # for the random level of each vector
FEW = 2000  # rows; an exact comparison of so many takes as long as one graph search and misses none
# Factor on the number of rows of which k pass the filter on average; the rows that pass are clustered, so the
# average alone is often not enough.
SPARE = 2


@dataclass(frozen=True)
class HnswSearch:
    """A retrieve stage that searches the graph `index` of `vectors`, one query on one thread.

    vectors: shape (n, d), float32, unit norm; chunks: the n chunks in the same order.
    ef: candidates kept during the search, raised to k where k is larger.
    Raises WrongUseError if the index holds other vectors.
    """

    chunks: Sequence[Chunk]
    vectors: np.ndarray
    index: hnswlib.Index
    ef: int = EF
    allowed: Allowed | None = None

    def __post_init__(self) -> None:
        indexed = self.index.get_current_count()
        if not (len(self.chunks) == len(self.vectors) == indexed and self._holds_the_vectors()):
            raise WrongUseError(
                f"{len(self.chunks)} chunks, {len(self.vectors)} vectors and an index of {indexed} "
                "do not belong together: build the index again."
            )

    def _holds_the_vectors(self) -> bool:
        """Compare the first and last rows; hnswlib does not check vectors or dimensions when it loads."""
        if not len(self.vectors):
            return True
        ends = [0, len(self.vectors) - 1]
        same_width = self.index.dim == self.vectors.shape[1]
        return same_width and np.array_equal(self.index.get_items(ends), self.vectors[ends])

    def __call__(self, query: Query, k: int) -> list[Chunk]:
        mask = self.allowed(query.text) if self.allowed else None
        return [self.chunks[row] for row in self._rows(query.vector, k, mask)]

    def _rows(self, vector: np.ndarray, k: int, mask: np.ndarray | None) -> np.ndarray:
        return self._walk(vector, k) if mask is None else self._filtered(vector, k, mask)

    def _filtered(self, vector: np.ndarray, k: int, mask: np.ndarray) -> np.ndarray:
        """Return the nearest k of the rows in `mask`.

        hnswlib's own filter is not used: it calls Python for each vector it visits, and the rarer the allowed
        rows are, the more it visits and the fewer it finds. Few allowed rows are compared exactly. With many,
        enough rows are fetched that k should remain; if fewer remain, all are compared.
        """
        allowed = np.count_nonzero(mask)
        if allowed > FEW:
            rows = self._walk(vector, SPARE * math.ceil(k * len(mask) / allowed))
            allowed_rows = rows[mask[rows]][:k]
            if len(allowed_rows) == k:
                return allowed_rows
        return nearest(self.vectors, vector, k, mask)

    def _walk(self, vector: np.ndarray, k: int) -> np.ndarray:
        """Return the k nearest rows that a search of the graph finds, best first."""
        k = min(k, len(self.vectors))
        if k <= 0:
            return np.empty(0, np.intp)
        self.index.set_ef(max(self.ef, k))  # each time, as the index file does not store it
        try:
            labels, _ = self.index.knn_query(vector, k, num_threads=1)
        except RuntimeError:  # hnswlib raises if it found fewer than k
            return nearest(self.vectors, vector, k)
        return labels[0].astype(np.intp)


def build(
    vectors: np.ndarray,
    m: int = LINKS,
    ef_construction: int = EF_CONSTRUCTION,
    seed: int = SEED,
    threads: int = 1,
) -> hnswlib.Index:
    """Return the graph of `vectors` (n, d), float32, unit norm; takes about 1 s per 1,000 to 3,000 rows.

    threads: with one thread the same input gives the same graph; more are faster, but not reproducible.
    """
    index = hnswlib.Index("ip", vectors.shape[1])  # inner product: the norms are 1 already
    index.init_index(max(1, len(vectors)), M=m, ef_construction=ef_construction, random_seed=seed)
    if len(vectors):
        index.add_items(vectors, np.arange(len(vectors)), num_threads=threads)
    return index


def save(index: hnswlib.Index, path: Path) -> None:
    """Write `index` to `path` atomically, with its checksum. Raises StoreError if the disk is full."""
    with store.atomic_write(path) as part:
        index.save_index(str(part))


def load(path: Path, dimensions: int) -> hnswlib.Index:
    """Return the index in `path`, of vectors with `dimensions` numbers.

    Raises StoreError if it is not built, CorruptFileError if it is damaged or no index. `HnswSearch` checks
    that the index holds the right vectors.
    """
    index = hnswlib.Index("ip", dimensions)
    try:
        index.load_index(str(store.check_seal(path)))
    except RuntimeError as error:
        raise store.CorruptFileError(f"{path.name} holds no index: build it again.") from error
    return index
