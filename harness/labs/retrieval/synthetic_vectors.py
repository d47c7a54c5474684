"""Vectors drawn around the real ones: as many as wanted, with the clusters that real ones have.

White noise would be another problem: in 384 dimensions all its points are about equally far from each other,
and an approximate search has nothing to hold on to.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SPREAD = (
    0.35  # length of what is added to a unit vector: as far as two articles of one kind lie apart
)
BATCH = 50_000  # rows at a time: 77 MB of 384 numbers, where 500,000 at once would be 770


def jittered(
    real: np.ndarray,
    n: int,
    seed: int,
    project: Callable[[np.ndarray], np.ndarray] = lambda vectors: vectors,
) -> np.ndarray:
    """(n, d) unit vectors, float32, each a random row of `real` with noise, passed through `project`."""
    rng = np.random.default_rng(seed)
    starts = range(0, n, BATCH)
    parts = [project(_drawn(real, min(BATCH, n - start), rng)) for start in starts]
    return np.concatenate(parts).astype(np.float32, copy=False)


def _drawn(real: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal((n, real.shape[1]), dtype=np.float32)
    noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True)
    noise += real[rng.integers(len(real), size=n)]
    return noise / np.linalg.norm(noise, axis=1, keepdims=True)
