"""The labs' own large model as a judge: no address, no key, and, as the canaries say, mostly no judgement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.interview.llm.endpoint import MOST_TOKENS, PATIENCE_S, ChatError, Message
from harness.models.engines.language_model import chat_prompt

if TYPE_CHECKING:
    from harness.models.tiers import Files

KIND = "Q8_0"


class Streams(Protocol):
    """A model that continues a prompt."""

    def stream(self, prompt: str, max_tokens: int) -> Iterator[str]: ...


@dataclass(frozen=True)
class LocalChat:
    """The large model of the chosen tier, through llama.cpp. Raises StoreError where it is not built."""

    patience_s: float = PATIENCE_S

    @property
    def name(self) -> str:
        return f"{self._file.name}-{KIND}, local"

    @property
    def key(self) -> str:
        return f"local|{self._file.name}|{KIND}"

    def ask(self, messages: Sequence[Message]) -> str:
        """The reply's text; always the same. Raises ChatError after the deadline."""
        system, user = (message["content"] for message in messages)
        until, reply = time.monotonic() + self.patience_s, ""
        for piece in _loaded(self._file.gguf(KIND)).stream(chat_prompt(system, user), MOST_TOKENS):
            reply += piece
            if time.monotonic() > until:
                raise ChatError(f"{self.name} did not answer within {self.patience_s:g} s.")
        return reply

    @property
    def _file(self) -> Files:
        from harness.models.tiers import chosen

        return chosen().large


@cache
def _loaded(gguf: Path) -> Streams:
    from harness.models.engines.llama_model import LlamaModel

    return LlamaModel(gguf)
