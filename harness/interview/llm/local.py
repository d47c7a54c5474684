"""The labs' own large model as a chat model, without address or key.

Small models usually fail the canaries, and are then not used.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.interview.llm.endpoint import MAX_TOKENS, TIMEOUT_S, ChatError, Message
from harness.models.engines.language_model import chat_prompt
from harness.store import StoreError

if TYPE_CHECKING:
    from harness.models.tiers import Files

KIND = "Q8_0"


class Streams(Protocol):
    """A model that generates a continuation of a prompt."""

    def stream(self, prompt: str, max_tokens: int) -> Iterator[str]: ...


@dataclass(frozen=True)
class LocalChat:
    """The large model of the chosen tier, run by llama.cpp."""

    timeout_s: float = TIMEOUT_S

    @property
    def name(self) -> str:
        return f"{self._file.name}-{KIND}, local"

    @property
    def key(self) -> str:
        return f"local|{self._file.name}|{KIND}"

    def loaded(self) -> LocalChat:
        """Load the model and return it. Raises StoreError if it is not built, or cannot be run."""
        gguf = self._file.gguf(KIND)
        if not gguf.exists():
            raise StoreError(f"{gguf.name} is not built yet: run `under500 prepare`.")
        _loaded(gguf)
        return self

    def ask(self, messages: Sequence[Message]) -> str:
        """Return the reply's text, which is deterministic. Raises ChatError after the deadline."""
        system, user = (message["content"] for message in messages)
        deadline, reply = time.monotonic() + self.timeout_s, ""
        for piece in _loaded(self._file.gguf(KIND)).stream(chat_prompt(system, user), MAX_TOKENS):
            reply += piece
            if time.monotonic() > deadline:
                raise ChatError(f"{self.name} did not answer within {self.timeout_s:g} s.")
        return reply

    @property
    def _file(self) -> Files:
        from harness.models.tiers import chosen_tier

        return chosen_tier().large


@cache
def _loaded(gguf: Path) -> Streams:
    from harness.models.engines.llama_model import LlamaModel

    return LlamaModel(gguf)
