"""The vocabulary: what is asked, what is found, what is answered, and who answers.

Everything in the project is an `Assistant`: the pipeline, the wrappers around it, and the client of a
deployed one. It imports nothing of the project but its errors, so every other module may import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from harness.errors import PlainError

MAX_QUESTION_CHARS = (
    4000  # about 1,000 tokens: half the model's useful context, far beyond a real question
)


class BadQuestionError(PlainError):
    """The question cannot be answered as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a user, with the conversation before it.

    `history` holds the earlier turns, oldest first, user and assistant alternating.
    """

    text: str
    id: str = ""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question made searchable: `text` cleaned, `vector` of shape (d,), float32, unit norm."""

    text: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage of the knowledge base: 30 to 60 words with one or two exact facts."""

    id: str
    title: str
    text: str
    product: str
    category: str
    region: str
    version: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: its text, the ids of the chunks it rests on, and flags such as "refused"."""

    text: str
    citations: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text as it becomes visible to the user; not always one token of the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of every stream."""

    answer: Answer


Event = Token | Done


@runtime_checkable
class Assistant(Protocol):
    """Anything that answers: yields `Token`s and then exactly one `Done`."""

    def stream(self, question: Question) -> Iterator[Event]: ...


def ask(assistant: Assistant, question: Question) -> Answer:
    """The answer of `assistant`, with the stream read to its end.

    Raises RuntimeError when the stream ends without `Done`.
    """
    for event in assistant.stream(question):
        if isinstance(event, Done):
            return event.answer
    raise RuntimeError("The assistant stopped without finishing its answer (no Done event).")


def check_question(question: Question) -> None:
    """Raise BadQuestionError for a question that is empty, too long, or not text."""
    if not question.text.strip():
        raise BadQuestionError("The question is empty: write at least one word.")
    if len(question.text) > MAX_QUESTION_CHARS:
        raise BadQuestionError(
            f"The question has {len(question.text):,} characters; the limit is {MAX_QUESTION_CHARS:,}. "
            "Shorten it and ask again."
        )
    if any("\ud800" <= character <= "\udfff" for character in question.text):
        raise BadQuestionError(
            "The question contains half a character (a lone surrogate): paste it again as plain text."
        )
