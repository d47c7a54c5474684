"""A language model in llama.cpp: quantised, streaming, and able to keep the prompt it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil
from llama_cpp import Llama

from harness.store import StoreError

CONTEXT_TOKENS = 2048  # five chunks, a question and an answer need about 700


class LlamaModel:
    """A GGUF file in llama.cpp. One instance serves one request at a time.

    n_gpu_layers: -1 puts every layer on the GPU when this build of llama.cpp has one.
    Raises StoreError for a file that is not a GGUF this llama.cpp can read.
    """

    def __init__(self, gguf: Path, n_threads: int | None = None, n_gpu_layers: int = 0) -> None:
        self.name = gguf.stem
        threads = n_threads or psutil.cpu_count(logical=False) or 1
        try:
            self.llama = Llama(
                str(gguf),
                n_ctx=CONTEXT_TOKENS,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=n_gpu_layers,
                verbose=False,
            )
        except ValueError as error:
            raise StoreError(
                f"llama.cpp cannot read {gguf.name}: it is damaged or not a model. "
                "Run `under500 prepare`, or name another file."
            ) from error

    def tokens(self, text: str) -> list[int]:
        """Token ids of `text`, special tokens such as <|im_start|> recognised."""
        return self.llama.tokenize(text.encode(), add_bos=False, special=True)

    def count(self, text: str) -> int:
        return len(self.tokens(text))

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """Pieces of whole characters; the prefix shared with the previous prompt is not read again."""
        pending = b""
        generated = self.llama.generate(self.tokens(prompt), temp=0.0)
        for token in islice(generated, max_tokens):
            if stop_at_end and token == self.llama.token_eos():
                break
            pending += self.llama.detokenize([token])
            text = pending.decode("utf-8", errors="ignore")
            if text and text.encode() == pending:  # never half a character
                yield text
                pending = b""
