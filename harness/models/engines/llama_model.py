"""A language model in llama.cpp: quantised, streaming, with reuse of the prompt's prefix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import llama_cpp
import numpy as np

from harness.models.engines.drafts import Draft, nothing, opened, speculative
from harness.models.engines.llama_context import CONTEXT_TOKENS, LlamaContext
from harness.models.engines.threads import Threads, probed

EVERY_LAYER = -1


class LlamaModel:
    """A GGUF file in llama.cpp. One instance serves one request at a time.

    threads: measured at load and chosen again when steps become slow, unless given. n_gpu_layers: by default
    all, if this build of llama.cpp supports a GPU. draft: proposes tokens for this model to check. opening:
    how answers usually begin; it is read together with the prompt and checked. Neither changes the text,
    except where two tokens score the same within rounding.
    Raises StoreError for a file that this llama.cpp cannot run, and NotEnoughMemoryError.
    """

    def __init__(
        self,
        gguf: Path,
        threads: Threads | None = None,
        n_gpu_layers: int | None = None,
        n_ctx: int = CONTEXT_TOKENS,
        draft: Draft | None = None,
        opening: str = "",
    ) -> None:
        self.name = gguf.stem
        self.draft = draft
        layers = gpu_layers() if n_gpu_layers is None else n_gpu_layers
        self.context = LlamaContext(gguf, n_ctx, layers)
        self.opening = self.context.tokens(opening) if opening else []
        # A GPU computes after the call has returned, so the time of a call says nothing there.
        adaptive = None if threads or layers else probed(self.context)
        self.threads = threads or (adaptive or probed(self.context)).quiet
        self.context.use_threads(self.threads.decode, self.threads.prefill)
        self.context.threads = adaptive

    def forget(self) -> None:
        self.context.forget()

    def warm(self, prefix: str) -> None:
        """Set the state to having read `prefix` and nothing else."""
        self.context.read(self.context.tokens(prefix))

    def count(self, text: str) -> int:
        return len(self.context.tokens(text))

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """Yield pieces of whole characters; the prefix shared with the previous prompt is not read again.

        Raises WrongUseError for a prompt longer than the context.
        """
        pending = b""
        for token in islice(self._tokens(self.context.tokens(prompt)), max_tokens):
            if token == self.context.end:
                if stop_at_end:
                    break
                pending += b"\n"  # a model that is not stopped starts another turn
            pending += self.context.text(token)
            text = pending.decode("utf-8", errors="ignore")
            if text and text.encode() == pending:  # only whole characters
                yield text
                pending = b""

    def _tokens(self, prompt: Sequence[int]) -> Iterator[int]:
        if self.opening:
            first = opened(self.context, prompt, self.opening)
            return speculative(self.context, self.draft or nothing, first)
        self.context.read(prompt)
        return speculative(self.context, self.draft) if self.draft else self.context.greedy()

    def every_score(self, text: str) -> np.ndarray:
        """Return the logits after each token of `text`, (tokens, vocabulary), float32, read cold."""
        return self.context.every_score(self.context.tokens(text))


def gpu_layers() -> int:
    """Return the number of layers for the GPU: all if this build of llama.cpp supports one, else none."""
    return EVERY_LAYER if llama_cpp.llama_supports_gpu_offload() else 0
