"""Synthetic vectors: real ones with noise added, in any number, which keep the clusters of the real ones.

White noise would be a different problem: in 384 dimensions all its points are about equally far from each
other, so an approximate search has no structure to use.
"""

from __future__ import annotations

import numpy as np

SPREAD = 0.35  # length of the noise on a unit vector: the distance of two articles of the same kind
BATCH = 50_000  # rows at a time: 77 MB with 384 numbers each, besides the result


def jittered(real: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return n unit vectors, (n, d), float32: random rows of `real` with noise."""
    rng = np.random.default_rng(seed)
    starts = range(0, n, BATCH)
    parts = [_drawn(real, min(BATCH, n - start), rng) for start in starts]
    return np.concatenate(parts).astype(np.float32, copy=False)


def _drawn(real: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal((n, real.shape[1]), dtype=np.float32)
    noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True)
    noise += real[rng.integers(len(real), size=n)]
    return noise / np.linalg.norm(noise, axis=1, keepdims=True)
