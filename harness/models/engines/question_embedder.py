"""Question embeddings: tuned MiniLM, then a matrix that turns a question towards the passage that answers it.

MiniLM was trained on texts with the same meaning, and a question seldom says what its answer says. The
documents' vectors are unchanged, so they need not be embedded again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from harness.models.engines.llama_encoder import encoder
from harness.models.offline import ADAPTERS

Embed = Callable[[list[str]], np.ndarray]

# (384, 384), float16; made by harness/tuning/question_matrix.py
QUESTION_MATRIX = ADAPTERS / "questions.npy"


@dataclass(frozen=True)
class ProjectedEmbedding:
    """An embedder: `embed`, then the matrix `turn` (d, d), float32, then unit norm."""

    embed: Embed
    turn: np.ndarray

    def __call__(self, texts: list[str]) -> np.ndarray:
        """Return vectors of shape (len(texts), d), float32, unit norm."""
        return unit(self.embed(texts) @ self.turn)


@cache
def question_embedder(file: Path = QUESTION_MATRIX) -> ProjectedEmbedding:
    """Return the process's one question embedder. Raises StoreError if MiniLM is not built, or damaged."""
    return ProjectedEmbedding(encoder(), np.load(file, allow_pickle=False).astype(np.float32))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return `vectors` (n, d) scaled to unit norm."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
