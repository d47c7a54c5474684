"""Preprocessing as first shipped: clean the text, embed the whole conversation, every time.

What is slow, and real: the client sends the conversation along, so the code embeds it, one turn after the
other, each padded to the model's maximum length; then it uses the last vector only. Nothing is kept
from one request to the next.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.assistant import Query, Question

TRAINED_TOKENS = 128  # MiniLM saw no longer texts in training: its maximum, whatever a turn needs


def cleaned(text: str) -> str:
    """Unicode composed (NFC), runs of white space made one space, ends trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@dataclass(frozen=True)
class ConversationEmbedding:
    """Embed the last `turns` turns of the conversation, the question last.

    embed: texts, pad_to -> vectors of shape (n, d), float32, unit norm.
    turns: how many turns are embedded, the question included, at least 1.
    pad_to: tokens that every turn is padded to.
    """

    embed: Callable[..., np.ndarray]
    turns: int
    pad_to: int = TRAINED_TOKENS

    def __call__(self, question: Question) -> Query:
        conversation = [*question.history, question.text][-self.turns :]
        texts = [cleaned(turn) for turn in conversation]
        vectors = [self.embed([text], pad_to=self.pad_to)[0] for text in texts]
        return Query(texts[-1], vectors[-1])
