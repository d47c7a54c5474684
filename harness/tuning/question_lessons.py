"""Lessons for the question encoder: questions of the `train` split, and the passages to tell apart.

The candidates of a question are its own passage and those it could be confused with: all others of the same
product, and the siblings' passages of the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from harness import baseline
from harness.kb.articles import articles, fill
from harness.kb.topics import Topic, pairs
from harness.tuning.recipes import wordings


@dataclass(frozen=True)
class Candidates:
    """The rows (n, c) in `passages` (m, d) that compete for each of n questions; the first one answers it.

    there: (n, c), bool, False for the padding of a question with fewer candidates.
    """

    rows: np.ndarray
    there: np.ndarray
    passages: np.ndarray

    def cosines(self, numbers: Sequence[int], vectors: torch.Tensor) -> torch.Tensor:
        """Return the cosines (k, c) of the questions `numbers` with their candidates; -1 for padding.

        vectors: the questions' vectors, (k, d), unit norm.
        """
        passages = torch.tensor(self.passages[self.rows[numbers]])
        cosines = torch.einsum("nd,ncd->nc", vectors, passages)
        return cosines.masked_fill(~torch.tensor(self.there[numbers]), -1.0)


def asked(products: int, seed: int) -> list[tuple[str, Topic]]:
    """Return every wording of the train split about `products` topics each, with the topics."""
    random, further_wordings = Random(seed), wordings()
    return [
        (fill(form, topic.product, topic.region, {}), topic)
        for kind, topics in by_kind().items()
        for form in (*topics[0].forms, *further_wordings[kind])
        for topic in random.sample(topics, products)
    ]


def candidates(topics: Sequence[Topic]) -> Candidates:
    """Return the candidates of questions about `topics`. Raises StoreError before `under500 prepare`."""
    rows = competing(topics)
    width = max(map(len, rows))
    padded = np.array([row + [-1] * (width - len(row)) for row in rows])
    return Candidates(padded.clip(0), padded >= 0, np.asarray(baseline.knowledge_vectors()))


def by_kind() -> dict[str, list[Topic]]:
    """Return the topics of the train split by their kind."""
    kinds: dict[str, list[Topic]] = {}
    for pair in pairs("train"):
        for topic in pair:
            kinds.setdefault(topic.kind.kind, []).append(topic)
    return kinds


def competing(topics: Sequence[Topic]) -> list[list[int]]:
    """Return for each topic the rows of its own passage, its product's others, and its near misses."""
    row_of = {article.chunk.id: row for row, article in enumerate(articles())}
    by_product: dict[str, list[int]] = {}
    for row, article in enumerate(articles()):
        by_product.setdefault(article.product.name, []).append(row)
    return [_competing(topic, row_of, by_product) for topic in topics]


def _competing(topic: Topic, row_of: dict[str, int], by_product: dict[str, list[int]]) -> list[int]:
    """Return a topic's candidates, without passages for other regions, which the filter removes."""
    own = row_of[topic.article.chunk.id]
    others = [
        row
        for row in by_product[topic.product.name]
        if row != own and articles()[row].region in (topic.region, "all")
    ]
    return [own, *others, *(row_of[chunk] for chunk in topic.near_misses)]
