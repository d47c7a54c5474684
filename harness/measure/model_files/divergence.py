"""KL divergence and top-1 agreement of a quantised model file with the full one.

They are measured after every token of a held-out text, so that a thousand predictions are compared and
not only the few that form an answer. A difference below about 0.004 nats comes from rounding activations,
not weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import log_softmax

from harness.measure.quality.exam import ExamItem
from harness.models.engines.language_model import END_OF_TURN
from harness.stages.prompt import stuffed_prompt, with_pointer


@dataclass(frozen=True, slots=True)
class Divergence:
    """The result of a comparison.

    kl: mean KL(reference || file), nats. top1: share of equal first choices. n: predictions compared.
    """

    kl: float
    top1: float
    n: int


class Scoring(Protocol):
    """A model that returns its logits after each token of a text."""

    def every_score(self, text: str) -> np.ndarray:
        """Return the logits, shape (tokens, vocabulary), float32."""


def divergence(file: Scoring, reference: Scoring, texts: Sequence[str]) -> Divergence:
    """Compare two models that share a tokenizer on `texts`. Raises ValueError if there are none."""
    pairs = [_compared(file, reference, text) for text in texts]
    kl, same = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return Divergence(float(kl.mean()), float(same.mean()), len(kl))


def held_out(items: Sequence[ExamItem]) -> list[str]:
    """Return whole conversations as the model is used: passages, question and reference answer."""
    return [
        stuffed_prompt(item.case.question, list(item.chunks)) + _reference(item) + END_OF_TURN
        for item in items
    ]


def _reference(item: ExamItem) -> str:
    numbers = [n for n, chunk in enumerate(item.chunks, start=1) if chunk.id == item.case.gold]
    return with_pointer(numbers[0], item.case.reference) if numbers else item.case.reference


def _compared(file: Scoring, reference: Scoring, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the KL divergence and whether the first choice is the same, after each token of `text`."""
    log_q, log_p = (log_softmax(model.every_score(text), axis=1) for model in (file, reference))
    kl = (np.exp(log_p) * (log_p - log_q)).sum(axis=1)
    return kl, log_q.argmax(axis=1) == log_p.argmax(axis=1)
