"""Tunes the matrix that turns a question's vector towards the passage that answers it.

Only the `train` split is used. A question competes between its passage and those it could be taken for: all
others of the same product, and the siblings' passages of the same kind. First ridge regression, in closed
form, then a few epochs of softmax over those candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional

from harness import baseline, store
from harness.kb.articles import articles, fill
from harness.kb.topics import Topic, pairs
from harness.models.engines.embedding import embedder
from harness.tuning.recipes import wordings

SEED = 502
PRODUCTS = 2  # that each wording is asked about: the words matter, the names hardly
RIDGE = 10.0  # of 3, 10 and 30 the middle one; the second step forgets the difference
EPOCHS = 8  # on wordings left out, accuracy stands still after six or seven
BATCH = 256
RATE = 1e-3
TEMPERATURE = 0.06  # of cosines: of 0.03, 0.06 and 0.1 the best on wordings left out
PULL = 1e-3  # towards the ridge solution: ten times more is a point worse


@dataclass(frozen=True)
class Lessons:
    """Questions (n, d) with their candidates' rows (n, c) in `passages` (m, d); the first one answers.

    there: (n, c), bool, False where a question has fewer candidates.
    """

    questions: np.ndarray
    candidates: np.ndarray
    there: np.ndarray
    passages: np.ndarray

    def accuracy(self, turn: np.ndarray) -> float:
        """Share of questions whose passage comes first among its candidates."""
        scores = _scores(self, torch.arange(len(self.questions)), torch.tensor(turn))
        return float((scores.argmax(1) == 0).float().mean())


def lessons(seed: int = SEED) -> Lessons:
    """Every wording of the train split, about PRODUCTS topics each. Embeds for about a minute."""
    random, more = Random(seed), wordings()
    asked = [
        (fill(form, topic.product, topic.region, {}), topic)
        for kind, topics in _by_kind().items()
        for form in (*topics[0].forms, *more[kind])
        for topic in random.sample(topics, PRODUCTS)
    ]
    vectors = embedder().documents([text for text, _ in asked])
    rows = _candidates([topic for _, topic in asked])
    width = max(map(len, rows))
    padded = np.array([row + [-1] * (width - len(row)) for row in rows])
    return Lessons(vectors, padded.clip(0), padded >= 0, baseline.knowledge_vectors())


def fitted(data: Lessons, epochs: int = EPOCHS, seed: int = SEED) -> np.ndarray:
    """The matrix (d, d), float32."""
    torch.manual_seed(seed)
    start = torch.tensor(ridge(data), dtype=torch.float32)
    turn = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([turn], lr=RATE)
    for _ in range(epochs):
        for rows in torch.randperm(len(data.questions)).split(BATCH):
            right = torch.zeros(len(rows), dtype=torch.long)
            loss = functional.cross_entropy(_scores(data, rows, turn) / TEMPERATURE, right)
            optimizer.zero_grad()
            (loss + PULL * ((turn - start) ** 2).sum()).backward()
            optimizer.step()
    return turn.detach().numpy()


def ridge(data: Lessons) -> np.ndarray:
    """The least squares map from questions to their passages, pulled towards leaving them as they are."""
    x = data.questions.astype(np.float64)
    missing = data.passages[data.candidates[:, 0]] - x
    identity = np.eye(x.shape[1])
    return identity + np.linalg.solve(x.T @ x + RIDGE * identity, x.T @ missing)


def run(folder: Path) -> Path:
    """Fit and write `questions.npy`, float16: half the bytes, and the same passages come first."""
    file = folder / "questions.npy"
    folder.mkdir(parents=True, exist_ok=True)
    with store.written(file) as part, part.open("wb") as out:
        np.save(out, fitted(lessons()).astype(np.float16))
    return file


def _scores(data: Lessons, rows: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """(n, c) cosines of the turned questions `rows` with their candidates; -1 where there is none."""
    turned = functional.normalize(torch.tensor(data.questions)[rows] @ turn, dim=1)
    passages = torch.tensor(data.passages[data.candidates[rows.numpy()]])
    cosines = torch.einsum("nd,ncd->nc", turned, passages)
    return cosines.masked_fill(~torch.tensor(data.there[rows.numpy()]), -1.0)


def _by_kind() -> dict[str, list[Topic]]:
    found: dict[str, list[Topic]] = {}
    for pair in pairs("train"):
        for topic in pair:
            found.setdefault(topic.kind.kind, []).append(topic)
    return found


def _candidates(topics: Sequence[Topic]) -> list[list[int]]:
    """For each topic the rows of its own passage, of its product's others, and of its near misses."""
    known = articles()
    row_of = {article.chunk.id: row for row, article in enumerate(known)}
    of_product: dict[str, list[int]] = {}
    for row, article in enumerate(known):
        of_product.setdefault(article.product.name, []).append(row)
    return [_competing(topic, row_of, of_product) for topic in topics]


def _competing(topic: Topic, row_of: dict[str, int], of_product: dict[str, list[int]]) -> list[int]:
    """Passages for other regions are left out: telling regions apart is the filter's work."""
    own = row_of[topic.article.chunk.id]
    others = [
        row
        for row in of_product[topic.product.name]
        if row != own and articles()[row].region in (topic.region, "all")
    ]
    return [own, *others, *(row_of[chunk] for chunk in topic.near_misses)]
