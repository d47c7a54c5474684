"""The growth of an HNSW graph: the rows in the order of insertion, their levels, and the layers they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

Layer = dict[int, list[int]]  # row -> the rows it is linked with
# layers, vectors, row, level, m, ef -> layers
Insert = Callable[[list[Layer], np.ndarray, int, int, int, int], list[Layer]]


def drawn_levels(vectors: np.ndarray, n: int, m: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """Return n random rows of `vectors`, (n, d), and a level for each: one row in m reaches the next level.

    The rows of one article are neighbours in `vectors`; in random order, no topic is inserted at once.
    """
    rng = np.random.default_rng(seed)
    chosen = vectors[rng.permutation(len(vectors))[:n]]
    levels = (-np.log(1 - rng.random(n)) / math.log(m)).astype(int)
    return chosen, levels.tolist()


def grown(
    insert: Insert, vectors: np.ndarray, levels: Iterable[int], m: int, ef: int
) -> list[Layer]:
    """Return the layers, lowest first, after `insert` has added each row of `vectors` at its level."""
    layers: list[Layer] = []
    for row, level in enumerate(levels):
        layers = insert(layers, vectors, row, level, m, ef)
    return layers
