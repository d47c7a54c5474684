"""Vectors of questions, turned towards the passages that answer them: one matrix after the embedder.

MiniLM was made for texts that say the same, and a question seldom says what its answer says. The documents'
vectors stay as they are, so nothing has to be embedded again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from harness.models.engines.embedding import embedder
from harness.models.offline import ADAPTERS

Embed = Callable[[list[str]], np.ndarray]

TURN = ADAPTERS / "questions.npy"  # (384, 384), float16; made by harness/tuning/question_matrix.py


@dataclass(frozen=True)
class TurnedEmbedding:
    """`embed`, then the matrix `turn` (d, d), float32, then unit norm again."""

    embed: Embed
    turn: np.ndarray

    def __call__(self, texts: list[str]) -> np.ndarray:
        """Vectors of shape (len(texts), d), float32, unit norm."""
        return unit(self.embed(texts) @ self.turn)


@cache
def question_embedder(file: Path = TURN) -> TurnedEmbedding:
    """The process's one embedder of questions. Raises StoreError before `prepare`."""
    return TurnedEmbedding(embedder(), np.load(file, allow_pickle=False).astype(np.float32))


def unit(vectors: np.ndarray) -> np.ndarray:
    """`vectors` (n, d) at length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
