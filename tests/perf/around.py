"""Vectors drawn around the real ones, so that a search meets their clusters and not white noise."""

import numpy as np

from harness import baseline
from harness.kb.questions import draw
from harness.models.embedding import embedder

SPREAD = 0.35  # length of what is added to a unit vector: neighbours as far as those of one article


def around(n, queries, seed):
    """(n, d) unit vectors drawn around the articles', and the vectors of `queries` real questions."""
    rng, real = np.random.default_rng(seed), baseline.knowledge_vectors()
    rows = rng.integers(len(real), size=n)
    noise = rng.standard_normal((n, real.shape[1]), dtype=np.float32)
    drawn = real[rows] + SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    texts = [case.question.text for case in draw("dev", queries, seed)]
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True), embedder()(texts)
