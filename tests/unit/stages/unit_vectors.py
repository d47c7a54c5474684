"""Random directions to search among."""

import numpy as np


def unit_vectors(n, d, seed=1):
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
