"""Cross entropy of a model on the reference answers.

A graded answer is either right or wrong. Cross entropy is continuous, so it also shows the progress of a
model that gets no answer right yet.
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
    """The two methods of a `LlamaContext` that `cross_entropy` needs."""

    def tokens(self, text: str) -> list[int]: ...
    def every_score(self, tokens: Sequence[int]) -> np.ndarray: ...


def cross_entropy(context: Scoring, items: Sequence[ExamItem]) -> float:
    """Return the cross entropy of the reference answers in nats per token, the mean over all their tokens.

    A model that is certain of every token has 0. Raises ValueError if `items` is empty.
    """
    if not items:
        raise ValueError("No questions given: pass at least one.")
    return float(np.concatenate([_token_losses(context, item) for item in items]).mean())


def _token_losses(context: Scoring, item: ExamItem) -> np.ndarray:
    """Return -log p of each token of the reference answer, shape (tokens of the answer,)."""
    [text] = held_out([item])
    tokens = context.tokens(text)
    n_prompt = len(context.tokens(stuffed_prompt(item.case.question, list(item.chunks))))
    # row i scores the token at i + 1
    log_p = log_softmax(context.every_score(tokens)[n_prompt - 1 : -1], axis=1)
    return -log_p[np.arange(len(tokens) - n_prompt), tokens[n_prompt:]]
