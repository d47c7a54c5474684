"""What the model is told and what it writes: one layout, shared by every generator.

The passages come before the question, so that several questions about the same passages share a prefix.
"""

from __future__ import annotations

import re

from harness.assistant import Chunk, Question
from harness.kb.questions import REFUSAL
from harness.models.engines.language_model import ANSWER_TURN, chat_start

SYSTEM = (
    "You are the support assistant of Halden. Answer the question in one short sentence, "
    f'using only the passages. If they do not contain the answer, say: "{REFUSAL}"'
)
POINTER = re.compile(r"\s*\[(\d{1,3})\]\s*")


def stuffed_prompt(question: Question, chunks: list[Chunk]) -> str:
    """Every chunk in full, numbered, then the question."""
    return passages(chunks) + question_part(question)


def passages(chunks: list[Chunk]) -> str:
    """The prompt as far as it does not depend on the question."""
    numbered = "\n".join(f"[{n}] {c.title}. {c.text}" for n, c in enumerate(chunks, start=1))
    return chat_start(SYSTEM, numbered)


def question_part(question: Question) -> str:
    """The rest of the prompt."""
    return f"\n\nQuestion: {question.text}{ANSWER_TURN}"


def cited(number: int, sentence: str) -> str:
    """A tuned model's answer: the number of its passage first, then the sentence.

    First, because a model that has pointed at a passage reads the value from that one and no other.
    """
    return f"[{number}] {sentence}"


def pointed(text: str) -> tuple[int, str]:
    """The number of the passage that an answer points at, 0 for none, and the answer without it."""
    match = POINTER.match(text)
    return (int(match[1]), text[match.end() :]) if match else (0, text)
