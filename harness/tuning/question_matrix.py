"""Tuning of the matrix that turns a question's vector towards the passage that answers it.

Only the `train` split is used. The candidates of a question are its own passage and those it could be
confused with: all others of the same product, and the siblings' passages of the same kind. The matrix is
first fitted by ridge regression in closed form, then by a few epochs of softmax over the candidates.
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
PRODUCTS = 2  # products per wording; the wording matters, the name hardly does
RIDGE = 10.0  # chosen from 3, 10 and 30; after the second step the difference vanishes
EPOCHS = 8  # on held-out wordings, accuracy stops improving after six or seven
BATCH = 256
RATE = 1e-3
TEMPERATURE = 0.06  # of cosines; the best of 0.03, 0.06 and 0.1 on held-out wordings
PULL = 1e-3  # penalty towards the ridge solution; ten times more costs one percentage point


@dataclass(frozen=True)
class Lessons:
    """Questions (n, d) with their candidates' rows (n, c) in `passages` (m, d); the first candidate answers.

    there: (n, c), bool, False for the padding of a question with fewer candidates.
    """

    questions: np.ndarray
    candidates: np.ndarray
    there: np.ndarray
    passages: np.ndarray

    def accuracy(self, turn: np.ndarray) -> float:
        """Return the share of questions whose passage ranks first among its candidates."""
        scores = _scores(self, torch.arange(len(self.questions)), torch.tensor(turn))
        return float((scores.argmax(1) == 0).float().mean())


def lessons(seed: int = SEED) -> Lessons:
    """Return every wording of the train split about PRODUCTS topics each; embedding takes about a minute."""
    random, further_wordings = Random(seed), wordings()
    questions = [
        (fill(form, topic.product, topic.region, {}), topic)
        for kind, topics in _by_kind().items()
        for form in (*topics[0].forms, *further_wordings[kind])
        for topic in random.sample(topics, PRODUCTS)
    ]
    vectors = embedder().documents([text for text, _ in questions])
    rows = _candidates([topic for _, topic in questions])
    width = max(map(len, rows))
    padded = np.array([row + [-1] * (width - len(row)) for row in rows])
    return Lessons(vectors, padded.clip(0), padded >= 0, baseline.knowledge_vectors())


def fitted(data: Lessons, epochs: int = EPOCHS, seed: int = SEED) -> np.ndarray:
    """Return the fitted matrix (d, d), float32."""
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
    """Return the least squares map from questions to their passages, regularised towards the identity."""
    x = data.questions.astype(np.float64)
    residual = data.passages[data.candidates[:, 0]] - x
    identity = np.eye(x.shape[1])
    return identity + np.linalg.solve(x.T @ x + RIDGE * identity, x.T @ residual)


def run(folder: Path) -> Path:
    """Fit the matrix, write it to `questions.npy` in float16, and return the path.

    float16 halves the file and gives the same ranking.
    """
    file = folder / "questions.npy"
    folder.mkdir(parents=True, exist_ok=True)
    with store.atomic_write(file) as part, part.open("wb") as out:
        np.save(out, fitted(lessons()).astype(np.float16))
    return file


def _scores(data: Lessons, rows: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Return the cosines (n, c) of the turned questions `rows` with their candidates; -1 for padding."""
    turned = functional.normalize(torch.tensor(data.questions)[rows] @ turn, dim=1)
    passages = torch.tensor(data.passages[data.candidates[rows.numpy()]])
    cosines = torch.einsum("nd,ncd->nc", turned, passages)
    return cosines.masked_fill(~torch.tensor(data.there[rows.numpy()]), -1.0)


def _by_kind() -> dict[str, list[Topic]]:
    by_kind: dict[str, list[Topic]] = {}
    for pair in pairs("train"):
        for topic in pair:
            by_kind.setdefault(topic.kind.kind, []).append(topic)
    return by_kind


def _candidates(topics: Sequence[Topic]) -> list[list[int]]:
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
