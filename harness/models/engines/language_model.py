"""The interface of a language model, and the ChatML prompt format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class LanguageModel(Protocol):
    """A loaded model that turns a prompt into text pieces, greedily and deterministically."""

    name: str

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """Yield text pieces as they are produced, at most `max_tokens` tokens in all.

        stop_at_end: stop at the model's own end-of-turn token; without it the model rambles on.
        """
        ...

    def forget(self) -> None:
        """Drop all state of earlier prompts, so that the next one is read cold."""
        ...

    def warm(self, prefix: str) -> None:
        """Set the state to having read `prefix` and nothing else, if the engine keeps any state."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        ...


END_OF_TURN = "<|im_end|>"
ANSWER_TURN = f"{END_OF_TURN}\n<|im_start|>assistant\n"


def chat_start(system: str, user: str) -> str:
    """Return a ChatML prompt, as SmolLM2 and Qwen2.5 were trained with, whose user turn is still open."""
    return f"<|im_start|>system\n{system}{END_OF_TURN}\n<|im_start|>user\n{user}"


def chat_prompt(system: str, user: str) -> str:
    """Return the prompt of a conversation with one user turn, ready for the assistant's answer."""
    return chat_start(system, user) + ANSWER_TURN
