"""How surprised a model is by the right answer: smooth where right or wrong is all or nothing.

A model that gets no answer right yet may still be on its way; this shows how far it has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.special import log_softmax

from harness.measure.model_files.divergence import held_out
from harness.measure.quality.exam import ExamItem
from harness.stages.prompt import stuffed_prompt


class Scoring(Protocol):
    """What is needed of a `LlamaContext`."""

    def tokens(self, text: str) -> list[int]: ...
    def every_score(self, tokens: Sequence[int]) -> np.ndarray: ...


def cross_entropy(context: Scoring, items: Sequence[ExamItem]) -> float:
    """Cross entropy of the reference answers, nats a token, mean over all their tokens.

    0 is certainty. Raises ValueError for no sheets.
    """
    if not items:
        raise ValueError("There is no answer to be surprised by: give at least one sheet.")
    return float(np.concatenate([_costs(context, item) for item in items]).mean())


def _costs(context: Scoring, item: ExamItem) -> np.ndarray:
    """-log p of each token of the answer, (tokens of the answer,)."""
    [text] = held_out([item])
    tokens = context.tokens(text)
    asked = len(context.tokens(stuffed_prompt(item.case.question, list(item.chunks))))
    scores = log_softmax(context.every_score(tokens)[asked - 1 : -1], axis=1)
    return -scores[np.arange(len(tokens) - asked), tokens[asked:]]
