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

    def forget(self) -> None:
        """Drop what is kept of earlier prompts, so that the next one is cold."""
        ...

    def warm(self, prefix: str) -> None:
        """Have read `prefix` and nothing else, as far as anything is kept at all."""
        ...

    def count(self, text: str) -> int:
        """Number of tokens of `text`."""
        ...


END_OF_TURN = "<|im_end|>"
ANSWER_TURN = f"{END_OF_TURN}\n<|im_start|>assistant\n"


def chat_start(system: str, user: str) -> str:
    """ChatML, the format SmolLM2 and Qwen2.5 were trained with; the user's turn is still open."""
    return f"<|im_start|>system\n{system}{END_OF_TURN}\n<|im_start|>user\n{user}"


def chat_prompt(system: str, user: str) -> str:
    """A conversation of one turn, ready for the assistant's answer."""
    return chat_start(system, user) + ANSWER_TURN
