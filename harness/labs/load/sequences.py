"""Several sequences in one llama.cpp context: each step generates one token of each, in one pass.

A step reads the weights once for all sequences; this is what a batch shares. Each sequence has keys and
values of its own, so it can begin and end independently of the others.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from weakref import finalize

import llama_cpp
import numpy as np

from harness.errors import WrongUseError
from harness.models.engines.llama_loading import NotEnoughMemoryError, loaded
from harness.models.engines.threads import Threads
from harness.models.gguf import file

TOKENS_EACH = 512  # of a sequence: one passage, a question and 64 tokens of answer need about 300
FLOATS = ctypes.POINTER(ctypes.c_float)


class Sequences:
    """A GGUF model with `slots` sequences of up to `tokens_each` tokens, numbered from 0.

    threads: its decode threads serve a step with one sequence, its prefill threads everything larger.
    Raises StoreError if this llama.cpp cannot run the file, NotEnoughMemoryError if memory is short.
    """

    def __init__(
        self, path: Path, slots: int, threads: Threads, tokens_each: int = TOKENS_EACH
    ) -> None:
        file.usable(path)
        self.slots, self.tokens_each = slots, tokens_each
        # `Llama` is used for its weights and tokenizer only, so its own context is as small as possible.
        self._llama = loaded(path, n_ctx=64)
        self._context = _context(self._llama, slots, tokens_each, threads)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocabulary = self._llama.n_vocab()
        self._lengths = dict.fromkeys(range(slots), 0)
        # llama.cpp requires the context to be freed before its model; the finalizer keeps the model alive.
        self._close = finalize(self, _free, self._context, self._llama)

    @property
    def end_token(self) -> int:
        """Return the end-of-turn token."""
        return self._llama.token_eos()

    def tokens(self, text: str) -> list[int]:
        """Return the token ids of `text`; special tokens such as <|im_start|> are recognised."""
        return self._llama.tokenize(text.encode(), add_bos=False, special=True)

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`."""
        return self._llama.detokenize(list(tokens)).decode(errors="replace")

    def prefill(self, slot: int, prompt: Sequence[int]) -> int:
        """Process `prompt` in the empty `slot`, and return the most likely next token.

        Raises WrongUseError if the prompt is empty or longer than a sequence holds, or if the slot is taken.
        """
        if not 0 < len(prompt) < self.tokens_each:
            raise WrongUseError(
                f"The prompt has {len(prompt)} tokens and a sequence holds {self.tokens_each}: "
                "use a shorter question or fewer chunks."
            )
        if self._lengths.get(slot) != 0:
            raise WrongUseError(f"Slot {slot} is taken or does not exist: drop() what is in it.")
        rows = [(slot, position, token) for position, token in enumerate(prompt)]
        return self._decode(rows, scored=[len(rows) - 1])[slot]

    def step(self, tokens: Mapping[int, int]) -> dict[int, int]:
        """Return the next token of each slot, given its newest one; one pass for all of them.

        Raises WrongUseError if no sequence is given, or one of them is full.
        """
        full = [slot for slot in tokens if self._lengths[slot] >= self.tokens_each]
        if full or not tokens:
            raise WrongUseError(f"A step needs sequences with room left; full: {full or 'none'}.")
        # By slot: llama.cpp decodes sequences in one pass only where each number follows the one before.
        rows = [(slot, self._lengths[slot], tokens[slot]) for slot in sorted(tokens)]
        return self._decode(rows, scored=range(len(rows)))

    def drop(self, slot: int) -> None:
        """Remove the sequence in `slot`."""
        llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)
        self._lengths[slot] = 0

    def _decode(
        self, rows: Sequence[tuple[int, int, int]], scored: Sequence[int]
    ) -> dict[int, int]:
        """Run one pass over `rows`, and return slot -> most likely next token for the rows `scored`.

        rows: (slot, position, token). scored: indices of rows.
        """
        batch = _batch(rows, set(scored))
        try:
            status = llama_cpp.llama_decode(self._context, batch)
            if status != 0:
                raise WrongUseError(f"llama.cpp stopped with status {status}: its memory is full.")
            best = {rows[index][0]: self._most_likely(index) for index in scored}
        finally:
            llama_cpp.llama_batch_free(batch)
        for slot, position, _ in rows:
            self._lengths[slot] = position + 1
        return best

    def _most_likely(self, index: int) -> int:
        pointer = llama_cpp.llama_get_logits_ith(self._context, index)
        scores = np.ctypeslib.as_array(ctypes.cast(pointer, FLOATS), (self._vocabulary,))
        return int(scores.argmax())


def _context(
    llama: llama_cpp.Llama, slots: int, tokens_each: int, threads: Threads
) -> llama_cpp.llama_context_p:
    settings = llama_cpp.llama_context_default_params()
    settings.n_seq_max, settings.n_ctx = slots, slots * tokens_each
    settings.n_batch = settings.n_ubatch = max(tokens_each, slots)  # a whole prompt in one pass
    settings.kv_unified = False  # each sequence attends to its own keys only
    settings.n_threads, settings.n_threads_batch = threads.decode, threads.prefill
    context = llama_cpp.llama_init_from_model(llama.model, settings)
    if not context:
        raise NotEnoughMemoryError(
            f"There is no memory for {slots} sequences of {tokens_each} tokens: use fewer."
        )
    return context


def _free(context: llama_cpp.llama_context_p, llama: llama_cpp.Llama) -> None:
    llama_cpp.llama_free(context)
    llama.close()


def _batch(rows: Sequence[tuple[int, int, int]], scored: set[int]) -> llama_cpp.llama_batch:
    """Return a llama.cpp batch of (slot, position, token) rows; the caller frees it."""
    batch = llama_cpp.llama_batch_init(len(rows), 0, 1)
    batch.n_tokens = len(rows)
    for index, (slot, position, token) in enumerate(rows):
        batch.token[index], batch.pos[index], batch.logits[index] = token, position, index in scored
        batch.n_seq_id[index], batch.seq_id[index][0] = 1, slot
    return batch
