"""Metadata filters: which passages one allows, and the two ways in which an HNSW index can apply it."""

from __future__ import annotations

from collections.abc import Iterable

import hnswlib
import numpy as np

from harness.assistant import Chunk
from harness.labs.retrieval.search_runs import Search, filtered_walk, walk


def allowed(chunks: Iterable[Chunk], field: str, *values: str) -> np.ndarray:
    """Return for each of `chunks` whether `field`, such as "category", has one of `values`: bool (n,)."""
    return np.array([getattr(chunk, field) in values for chunk in chunks])


def filter_ways(index: hnswlib.Index, ef: int, mask: np.ndarray) -> dict[str, Search]:
    """Return searches of the rows in `mask`, bool (n,), that filter after the walk and inside it."""
    near = walk(index, ef)
    return {
        "after the search": lambda query, k: [row for row in near(query, k) if mask[row]],
        "inside the walk": filtered_walk(index, ef, mask),
    }
