"""How far a quantised file is from the full one, whatever it is asked: KL divergence and top-1 agreement.

Measured after every token of a held-out text, so that a thousand predictions are compared and not only the
few that make an answer. Below about 0.004 nats the difference is the rounding of activations, not of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import log_softmax

from harness.measure.quality.exam import ExamItem
from harness.models.engines.language_model import END_OF_TURN
from harness.stages.prompt import cited, stuffed_prompt


@dataclass(frozen=True, slots=True)
class Divergence:
    """kl: mean KL(reference || file), nats. top1: share of equal first choices. n: predictions compared."""

    kl: float
    top1: float
    n: int


class Scoring(Protocol):
    """A model that shows its scores: text -> logits after each token, (tokens, vocabulary), float32."""

    def every_score(self, text: str) -> np.ndarray: ...


def divergence(file: Scoring, reference: Scoring, texts: Sequence[str]) -> Divergence:
    """Compare two models with one tokenizer on `texts`. Raises ValueError for no text."""
    pairs = [_compared(file, reference, text) for text in texts]
    kl, same = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return Divergence(float(kl.mean()), float(same.mean()), len(kl))


def held_out(items: Sequence[ExamItem]) -> list[str]:
    """Whole conversations, passages, question and reference answer: what the model is used for."""
    return [
        stuffed_prompt(item.case.question, list(item.chunks)) + _wanted(item) + END_OF_TURN
        for item in items
    ]


def _wanted(item: ExamItem) -> str:
    numbers = [n for n, chunk in enumerate(item.chunks, start=1) if chunk.id == item.case.gold]
    return cited(numbers[0], item.case.reference) if numbers else item.case.reference


def _compared(file: Scoring, reference: Scoring, text: str) -> tuple[np.ndarray, np.ndarray]:
    """KL divergence, and whether the first choice is the same, after each token of `text`."""
    ours, theirs = (log_softmax(model.every_score(text), axis=1) for model in (file, reference))
    kl = (np.exp(theirs) * (theirs - ours)).sum(axis=1)
    return kl, ours.argmax(axis=1) == theirs.argmax(axis=1)
