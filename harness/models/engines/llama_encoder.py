"""Question embeddings with tuned all-MiniLM-L6-v2 in llama.cpp, for one short text at a time.

Its vectors have a cosine of at least 0.99999 with those of torch for the same weights. Preprocessing a
question took 9 to 10 ms instead of 21 to 28 beside a server (AMD EPYC, 2 cores, interleaved). llama.cpp also
chooses its threads anew when the machine becomes busy. Threads that share an instance take turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import cache

import llama_cpp
import numpy as np
from transformers import AutoTokenizer

from harness import store
from harness.errors import WrongUseError
from harness.models.catalog import MINILM
from harness.models.engines.embedding import DIMENSIONS, MAX_TOKENS
from harness.models.engines.llama_context import Phase
from harness.models.engines.llama_loading import check_status, loaded, token_batch
from harness.models.engines.threads import probed_reading
from harness.models.gguf import file
from harness.models.offline import encoder_file

QUESTION = 22  # tokens of a usual question: the median of 300 questions of each split is 21 or 22


class LlamaEncoder:
    """MiniLM with the adapter for questions: mean over the token vectors, then unit norm.

    Raises StoreError if the file is not built, or damaged, and NotEnoughMemoryError.
    """

    def __init__(self) -> None:
        self.file = store.check_seal(encoder_file())
        file.usable(self.file)  # reports errors of the file, which llama.cpp does not
        self.tokenizer = AutoTokenizer.from_pretrained(MINILM.verified().parent)
        self._llama = loaded(self.file, MAX_TOKENS, n_ubatch=MAX_TOKENS, embedding=True)
        self._turn = threading.Lock()
        self._threads = probed_reading(self, QUESTION)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of shape (len(texts), 384), float32, unit norm; a long text is truncated."""
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        with self._turn:
            ids = self.tokenizer(list(texts), max_length=MAX_TOKENS, truncation=True)["input_ids"]
            vectors = np.stack([self._mean(tokens) for tokens in ids])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def use_threads(self, decode: int, prefill: int) -> None:
        """Set the numbers of threads, as for a language model; only `prefill` has an effect here."""
        llama_cpp.llama_set_n_threads(self._llama.ctx, decode, prefill)

    def forget(self) -> None:
        """Do nothing, as each text is read from its first token."""

    def wait(self) -> None:
        """Do nothing, as a text is read when `feed` returns."""

    def feed(self, tokens: Sequence[int]) -> None:
        """Read a text. Raises WrongUseError for more than MAX_TOKENS tokens, and NotEnoughMemoryError."""
        if not 0 < len(tokens) <= MAX_TOKENS:
            raise WrongUseError(f"A text has 1 to {MAX_TOKENS} tokens, not {len(tokens)}.")
        with token_batch(tokens) as batch:
            status = llama_cpp.llama_encode(self._llama.ctx, batch)
        check_status(status, f"while it read a text of {len(tokens)} tokens: use a shorter one.")

    def _mean(self, tokens: Sequence[int]) -> np.ndarray:
        count = self._threads.current.of(Phase.PREFILL)
        self.use_threads(count, count)
        start = time.perf_counter()
        self.feed(tokens)
        self._threads.note(Phase.PREFILL, len(tokens), time.perf_counter() - start)
        mean = llama_cpp.llama_get_embeddings_seq(self._llama.ctx, 0)
        return np.ctypeslib.as_array(mean, (DIMENSIONS,)).copy()


def encoder() -> LlamaEncoder:
    """Return the process's one encoder."""
    with _loading:
        return _encoder()


_loading = threading.Lock()  # `cache` alone would let two threads load one each
_encoder = cache(LlamaEncoder)
