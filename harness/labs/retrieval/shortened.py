"""Searches in fewer dimensions: the first r numbers of each vector, or its r principal ones."""

from __future__ import annotations

import numpy as np

from harness.labs.retrieval.recall import Search
from harness.labs.retrieval import reduced
from harness.stages.exact_search import nearest


def truncate_dims(vectors: np.ndarray, r: int) -> Search:
    """The first r columns of `vectors` (n, d), unit norm again.

    Fine for an embedder that was trained to put what matters first (Matryoshka); MiniLM was not.
    """
    head = vectors[:, :r]
    short = np.ascontiguousarray(head / np.linalg.norm(head, axis=1, keepdims=True))
    return lambda vector, k: nearest(short, vector[:r], k)


def principal(vectors: np.ndarray, r: int) -> Search:
    """The r principal directions of `vectors` (n, d); projecting the query is part of each search."""
    project = reduced.fit(vectors, r)
    short = project(vectors)
    return lambda vector, k: nearest(short, project(vector), k)
