"""A router inside the pipeline: one search serves the difficulty signal and the assistant that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.assistant import Assistant, Chunk, Event, Query, Question
from harness.pipeline import Pipeline
from harness.wrappers.hidden_pointer import HiddenPointer

Difficulty = Callable[[Query, Sequence[Chunk]], float]  # of a question, from what was found for it
COMPARED = 2  # chunks that a margin needs


@dataclass(frozen=True)
class SharedSearch:
    """An assistant that embeds and searches once, and lets the result choose who answers.

    small, large: pipelines with the same embedding and search. `small` answers up to the difficulty
    `threshold`.
    """

    small: Pipeline
    large: Pipeline
    difficulty: Difficulty
    threshold: float

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the events of the chosen pipeline. Raises what that pipeline raises."""
        query = self.small.preprocess(question)
        chunks = self.small.retrieve(query, max(COMPARED, self.small.k, self.large.k))
        easy = self.difficulty(query, chunks) <= self.threshold
        chosen = self.small if easy else self.large
        yield from _with_search(chosen, query, chunks).stream(question)


def _with_search(pipeline: Pipeline, query: Query, chunks: Sequence[Chunk]) -> Assistant:
    """Return `pipeline` with the result of a search in the place of its first two stages."""
    found = replace(pipeline, preprocess=lambda _: query, retrieve=lambda _, k: list(chunks[:k]))
    return HiddenPointer(found)


def narrow_margin(chunks: Sequence[Chunk], vectors: np.ndarray) -> Difficulty:
    """Return the signal of `NarrowMargin` without a search of its own: 1 minus the lead of the best chunk.

    vectors: shape (n, d), float32, unit norm, in the order of `chunks`. With a single chunk it is 0.
    """
    row = {chunk.id: number for number, chunk in enumerate(chunks)}

    def difficulty(query: Query, found: Sequence[Chunk]) -> float:
        first, *second = vectors[[row[chunk.id] for chunk in found[:COMPARED]]] @ query.vector
        return float(1 - (first - second[0])) if second else 0.0

    return difficulty
