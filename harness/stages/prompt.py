"""What the model is told: one layout, shared by every generator."""

from __future__ import annotations

from harness.assistant import Chunk, Question
from harness.kb.questions import REFUSAL
from harness.models.language import chat_prompt

SYSTEM = (
    "You are the support assistant of Halden. Answer the question in one short sentence, "
    f'using only the passages. If they do not contain the answer, say: "{REFUSAL}"'
)


def stuffed_prompt(question: Question, chunks: list[Chunk]) -> str:
    """Every chunk in full, numbered, then the question."""
    passages = "\n".join(f"[{n}] {c.title}. {c.text}" for n, c in enumerate(chunks, start=1))
    return chat_prompt(SYSTEM, f"{passages}\n\nQuestion: {question.text}")
