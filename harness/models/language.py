"""What a language model has to offer to the stages, whichever engine runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class LanguageModel(Protocol):
    """A loaded model: turns a prompt into text pieces, greedily and deterministically."""

    name: str

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """Text pieces as they are produced, at most `max_tokens` tokens in all.

        stop_at_end: stop at the model's own end-of-turn token; without it the model rambles on.
        """
        ...

    def count(self, text: str) -> int:
        """Number of tokens of `text`."""
        ...


def chat_prompt(system: str, user: str) -> str:
    """A conversation of one turn in ChatML, the format SmolLM2 and Qwen2.5 were trained with."""
    return (
        f"<|im_start|>system\n{system}<|im_end|>\n"
        f"<|im_start|>user\n{user}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
