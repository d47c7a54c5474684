"""Preprocessing that embeds only the question, without padding.

The search uses only the question's vector, so the other turns need none. A question has some twenty tokens;
padded to 128 it costs several times as much and gives the same vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.assistant import Query, Question
from harness.stages.conversation_embedding import cleaned


@dataclass(frozen=True)
class QuestionEmbedding:
    """A preprocess stage with one embedding. embed: texts -> vectors (n, d), float32, unit norm."""

    embed: Callable[[list[str]], np.ndarray]

    def __call__(self, question: Question) -> Query:
        text = cleaned(question.text)
        return Query(text, self.embed([text])[0])
