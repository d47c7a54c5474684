"""A llama.cpp context, token by token: the tokens it has read, its state, and the scores of the next token.

It does not use llama-cpp-python's own `generate`, which copies all scores of every token and samples through
a chain of filters: a greedy step needs neither, and a timing should contain the model's work alone.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import llama_cpp
import numpy as np

from harness.errors import WrongUseError
from harness.models.engines.llama_loading import check_status, loaded, token_batch
from harness.models.gguf import file

CONTEXT_TOKENS = 2048  # five chunks, a question and an answer need about 700
FLOATS = ctypes.POINTER(ctypes.c_float)
# Tokens: twice as many as a draft to check has (7), and far fewer than a passage with its question (60).
MOST_IN_A_BATCH = 16


class Phase(Enum):
    """The kind of a step, by its number of tokens: the limits of each are different."""

    DECODE = "decode"  # one token
    PREFILL = "prefill"  # a prompt
    BATCH = "batch"  # a few tokens, such as a draft to check

    @classmethod
    def of(cls, tokens: int) -> Phase:
        """Return the phase of a step over `tokens` tokens."""
        if tokens == 1:
            return cls.DECODE
        return cls.BATCH if tokens <= MOST_IN_A_BATCH else cls.PREFILL


class ThreadNumbers(Protocol):
    """The numbers of threads by phase."""

    def of(self, phase: Phase) -> int: ...


class ThreadChoice(Protocol):
    """A choice of threads that learns from the times of steps."""

    @property
    def current(self) -> ThreadNumbers: ...

    def note(self, phase: Phase, tokens: int, seconds: float) -> None: ...


class LlamaContext:
    """A loaded GGUF file and the tokens it has read; one request at a time.

    n_gpu_layers: -1 puts every layer on the GPU if this build of llama.cpp supports one.
    Raises StoreError for a file that this llama.cpp cannot run, and NotEnoughMemoryError.
    """

    def __init__(self, path: Path, n_ctx: int = CONTEXT_TOKENS, n_gpu_layers: int = 0) -> None:
        header = file.usable(path)  # reports errors of the file, which llama.cpp does not
        self._llama = loaded(path, n_ctx, n_gpu_layers)
        self._context = self._llama.ctx
        self._memory = llama_cpp.llama_get_memory(self._context)
        self.n_ctx = n_ctx
        self.n_vocab = self._llama.n_vocab()
        self.n_layers = header.layers
        # A build without a GPU ignores the number.
        self.n_gpu_layers = n_gpu_layers if llama_cpp.llama_supports_gpu_offload() else 0
        self.seen: list[int] = []
        self.threads: ThreadChoice | None = None  # chooses threads for each step, if set
        self._noting = True  # whether `threads` learns the times of steps

    def tokens(self, text: str) -> list[int]:
        """Return the token ids of `text`; special tokens such as <|im_start|> are recognised."""
        return self._llama.tokenize(text.encode(), add_bos=False, special=True)

    def text(self, token: int) -> bytes:
        """Return the bytes of one token, possibly part of a character; empty for a special token."""
        return self._llama.detokenize([token])

    @property
    def end(self) -> int:
        """Return the end-of-turn token."""
        return self._llama.token_eos()

    def use_threads(self, decode: int, prefill: int) -> None:
        """Set the numbers of threads for decode and prefill; `threads` no longer chooses them."""
        self.threads = None
        llama_cpp.llama_set_n_threads(self._context, decode, prefill)

    @contextmanager
    def steady_threads(self) -> Iterator[None]:
        """Keep the numbers of threads until the block ends, so that its steps can be compared."""
        self._noting = False
        try:
            yield
        finally:
            self._noting = True

    def forget(self) -> None:
        """Drop all tokens read, so that the next prompt is read cold."""
        self.keep(0)

    def read(self, tokens: Sequence[int]) -> int:
        """Set `tokens` as the tokens read, and return how many of them did not have to be read again.

        The longest common prefix with the tokens seen is reused. Raises WrongUseError for no tokens, or
        more than the context holds.
        """
        reused = self._reuse(tokens)
        self.feed(tokens[reused:])
        return reused

    def read_ahead(self, tokens: Sequence[int], guess: Sequence[int]) -> list[int]:
        """Set `tokens` and then `guess` as the tokens read, in one step.

        Returns the most likely next token after `tokens` and after each token of `guess`. Reading a few more
        tokens with a prompt costs little. Raises WrongUseError as `read` does.
        """
        if not tokens:
            raise WrongUseError("The prompt has 0 tokens: give at least one before the guess.")
        reused = self._reuse([*tokens, *guess], keep_last=1 + len(guess))
        return self.choices([*tokens[reused:], *guess], scored=1 + len(guess))

    def _reuse(self, tokens: Sequence[int], keep_last: int = 1) -> int:
        """Drop the tokens read that are not a common prefix, and return the length of the prefix.

        keep_last: tokens that are always read again, because that gives their scores.
        """
        if not 0 < len(tokens) <= self.n_ctx:
            raise WrongUseError(
                f"The prompt has {len(tokens)} tokens and the context window holds {self.n_ctx}: "
                "use a shorter question or fewer chunks."
            )
        reused = min(_common_prefix(self.seen, tokens), len(tokens) - keep_last)
        self.keep(reused)
        return reused

    def feed(self, tokens: Sequence[int]) -> None:
        """Read further tokens."""
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        self._decode(llama_cpp.llama_batch_get_one(array, len(tokens)))
        self.seen += tokens

    def choices(self, tokens: Sequence[int], scored: int | None = None) -> list[int]:
        """Read further tokens in one step, and return the most likely next token after each of them.

        scored: only after the last `scored` tokens; by default after all of them.
        """
        first = 0 if scored is None else len(tokens) - scored
        with token_batch(tokens, start=len(self.seen), first=first) as batch:
            self._decode(batch)
        positions = range(first, len(tokens))
        rows = (llama_cpp.llama_get_logits_ith(self._context, i) for i in positions)
        best = [int(self._row(row).argmax()) for row in rows]
        self.seen += tokens
        return best

    def _decode(self, batch: llama_cpp.llama_batch) -> None:
        tokens = batch.n_tokens
        phase = Phase.of(tokens)
        if self.threads:
            count = self.threads.current.of(phase)
            llama_cpp.llama_set_n_threads(self._context, count, count)
        start = time.perf_counter()
        status = llama_cpp.llama_decode(self._context, batch)
        seconds = time.perf_counter() - start
        check_status(
            status,
            f"after {len(self.seen)} tokens: its context window of {self.n_ctx} tokens is full. "
            "Use a shorter prompt.",
        )
        if self.threads and self._noting:
            self.threads.note(phase, tokens, seconds)

    def wait(self) -> None:
        """Wait until the tokens fed are computed; reading scores waits by itself."""
        llama_cpp.llama_synchronize(self._context)

    def scores(self) -> np.ndarray:
        """Return the next token's logits, (n_vocab,), float32: a view that the next `feed` overwrites."""
        return self._row(llama_cpp.llama_get_logits_ith(self._context, -1))

    def _row(self, pointer: ctypes.Array) -> np.ndarray:
        return np.ctypeslib.as_array(ctypes.cast(pointer, FLOATS), (self.n_vocab,))

    def every_score(self, tokens: Sequence[int]) -> np.ndarray:
        """Return a copy of the logits after each of `tokens`, (len(tokens), n_vocab), float32.

        The tokens are read cold in one batch.
        """
        self.forget()
        with token_batch(tokens) as batch:
            self._decode(batch)
        rows = (llama_cpp.llama_get_logits_ith(self._context, i) for i in range(len(tokens)))
        scores = np.stack([self._row(row).copy() for row in rows])
        self.seen = list(tokens)
        return scores

    def greedy(self) -> Iterator[int]:
        """Yield the most likely next tokens, one after another, until the context is full."""
        while True:
            token = int(self.scores().argmax())
            yield token
            if len(self.seen) == self.n_ctx:
                return
            self.feed([token])

    def keep(self, count: int) -> None:
        """Drop all but the first `count` tokens read; scores are invalid until another token is read."""
        llama_cpp.llama_memory_seq_rm(self._memory, -1, count, -1)
        del self.seen[count:]


def _common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
