"""The project's vocabulary: questions, chunks, answers, stream events and assistants.

The pipeline, the wrappers around it and the client of a deployed one are all an `Assistant`. This module
imports nothing of the project but its errors, so every other module may import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from harness.errors import PlainError

MAX_QUESTION_CHARS = 4000  # about 1,000 tokens: half the model's useful context


class BadQuestionError(PlainError):
    """Raised for a question that cannot be answered; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Question:
    """A user's question with the conversation before it.

    `history` holds the earlier turns, oldest first, user and assistant alternating.
    """

    text: str
    id: str = ""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A preprocessed question: `text` cleaned, `vector` of shape (d,), float32, unit norm."""

    text: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of the knowledge base: 30 to 60 words with one or two exact facts."""

    id: str
    title: str
    text: str
    product: str
    category: str
    region: str
    version: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: its text, the ids of the cited chunks, and flags such as "refused"."""

    text: str
    citations: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text shown to the user; not always exactly one token of the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of every stream, with the finished answer."""

    answer: Answer


Event = Token | Done


@runtime_checkable
class Assistant(Protocol):
    """An object that answers questions: `stream` yields `Token`s and then exactly one `Done`."""

    def stream(self, question: Question) -> Iterator[Event]: ...


def ask(assistant: Assistant, question: Question) -> Answer:
    """Return the answer of `assistant` after reading its stream to the end.

    Raises RuntimeError if the stream ends without `Done`.
    """
    for event in assistant.stream(question):
        if isinstance(event, Done):
            return event.answer
    raise RuntimeError("The assistant stopped without finishing its answer (no Done event).")


def check_question(question: Question) -> None:
    """Raise BadQuestionError for a question that is empty, too long or not valid text."""
    if not question.text.strip():
        raise BadQuestionError("The question is empty: write at least one word.")
    if len(question.text) > MAX_QUESTION_CHARS:
        raise BadQuestionError(
            f"The question has {len(question.text):,} characters; the limit is {MAX_QUESTION_CHARS:,}. "
            "Shorten it and ask again."
        )
    if any("\ud800" <= character <= "\udfff" for character in question.text):
        raise BadQuestionError(
            "The question contains an invalid character (a lone surrogate): paste it again as plain text."
        )
