"""The prompt and the answer's layout, shared by every generator.

The passages come before the question, so that several questions about the same passages share a prefix.

A tuned model writes a pointer such as "[2] " before its sentence. The citation needs it; a reader does not.
It arrives in pieces ("[", "2", "]"), so code that hides it must wait until it is complete or ruled out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.assistant import Chunk, Question
from harness.kb.questions import REFUSAL
from harness.models.engines.language_model import ANSWER_TURN, chat_start

SYSTEM = (
    "You are the support assistant of Halden. Answer the question in one short sentence, "
    f'using only the passages. If they do not contain the answer, say: "{REFUSAL}"'
)
POINTER = re.compile(r"\s*\[(\d{1,3})\]\s*")
UNDECIDED = re.compile(r"\s*(\[\d{0,3}(\]\s*)?)?")  # what may still become, or only is, a pointer


def stuffed_prompt(question: Question, chunks: list[Chunk]) -> str:
    """Return a prompt with every chunk in full, numbered, then the question."""
    return passages(chunks) + question_part(question)


def passages(chunks: list[Chunk]) -> str:
    """Return the part of the prompt that does not depend on the question."""
    numbered = "\n".join(f"[{n}] {c.title}. {c.text}" for n, c in enumerate(chunks, start=1))
    return chat_start(SYSTEM, numbered)


def question_part(question: Question) -> str:
    """Return the rest of the prompt."""
    return f"\n\nQuestion: {question.text}{ANSWER_TURN}"


def with_pointer(number: int, sentence: str) -> str:
    """Return a tuned model's answer: the number of its passage, then the sentence.

    The number comes first because a model that has pointed at a passage reads the value from that passage.
    """
    return f"[{number}] {sentence}"


def split_pointer(text: str) -> tuple[int, str]:
    """Return the number of the passage that an answer points at (0 for none) and the answer without it."""
    match = POINTER.match(text)
    return (int(match[1]), text[match.end() :]) if match else (0, text)


def is_pointer_prefix(text: str) -> bool:
    """Return True while `text` holds no word of the answer: it is empty, or a pointer or part of one."""
    return UNDECIDED.fullmatch(text) is not None


def join_pointer(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the text with the pointer in one piece together with the first word.

    The first piece then always holds text worth reading, so the time to it is an honest measurement.
    """
    held = ""
    for piece in pieces:
        held += piece
        if not is_pointer_prefix(held):
            break
    yield from filter(None, [held.lstrip()])
    yield from pieces
