"""Preprocessing of the baseline: clean the text and embed the whole conversation on every request.

It is slow for realistic reasons: the client sends the conversation, so the code embeds it, one turn after
another, each padded to the model's maximum length. Only the last vector is used, and nothing is cached
between requests.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.assistant import Query, Question

TRAINED_TOKENS = 128  # the longest texts in MiniLM's training; every turn is padded to it


def cleaned(text: str) -> str:
    """Return `text` in Unicode NFC, with runs of white space replaced by one space and the ends trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@dataclass(frozen=True)
class ConversationEmbedding:
    """A preprocess stage that embeds the last `turns` turns of the conversation, the question last.

    embed: texts, pad_to -> vectors of shape (n, d), float32, unit norm.
    turns: how many turns are embedded, the question included, at least 1.
    pad_to: length in tokens to which every turn is padded.
    """

    embed: Callable[..., np.ndarray]
    turns: int
    pad_to: int = TRAINED_TOKENS

    def __call__(self, question: Question) -> Query:
        conversation = [*question.history, question.text][-self.turns :]
        texts = [cleaned(turn) for turn in conversation]
        vectors = [self.embed([text], pad_to=self.pad_to)[0] for text in texts]
        return Query(texts[-1], vectors[-1])
