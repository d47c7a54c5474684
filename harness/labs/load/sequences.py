"""Several texts in one llama.cpp context: every step writes one token of each of them, in one pass.

A step reads the weights once, whoever it is for; that is what a batch shares. Each text is a *sequence*
with keys and values of its own, so it may begin and end when it likes, whatever its neighbours do.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from weakref import finalize

import llama_cpp
import numpy as np

from harness.errors import WrongUseError
from harness.models.gguf import file
from harness.models.engines.llama_context import NotEnoughMemoryError
from harness.models.engines.threads import Threads

TOKENS_EACH = 512  # of a sequence: one passage, a question and 64 tokens of answer need about 300
FLOATS = ctypes.POINTER(ctypes.c_float)


class Sequences:
    """A GGUF file and room for `slots` sequences of `tokens_each` tokens, numbered from 0.

    threads: decode for a step with one sequence, prefill for everything larger.
    Raises StoreError for a file that this llama.cpp cannot run, and NotEnoughMemoryError.
    """

    def __init__(
        self, path: Path, slots: int, threads: Threads, tokens_each: int = TOKENS_EACH
    ) -> None:
        file.usable(path)
        self.slots, self.tokens_each = slots, tokens_each
        # Weights and tokenizer; its own context is not used, so it is as small as can be.
        self._llama = llama_cpp.Llama(str(path), n_ctx=64, n_batch=64, verbose=False)
        self._context = _context(self._llama, slots, tokens_each, threads)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocabulary = self._llama.n_vocab()
        self._lengths = dict.fromkeys(range(slots), 0)
        # llama.cpp wants its context freed before its model, and that stays alive inside the closure.
        self._close = finalize(self, _freed, self._context, self._llama)

    @property
    def end(self) -> int:
        """The end-of-turn token."""
        return self._llama.token_eos()

    def tokens(self, text: str) -> list[int]:
        """Token ids of `text`; special tokens such as <|im_start|> are recognised."""
        return self._llama.tokenize(text.encode(), add_bos=False, special=True)

    def text(self, tokens: Sequence[int]) -> str:
        """What `tokens` say."""
        return self._llama.detokenize(list(tokens)).decode(errors="replace")

    def read(self, slot: int, prompt: Sequence[int]) -> int:
        """Read `prompt` into an empty `slot`; the most likely token after it.

        Raises WrongUseError for no tokens, more than a sequence holds, and a slot that is taken.
        """
        if not 0 < len(prompt) < self.tokens_each:
            raise WrongUseError(
                f"The prompt has {len(prompt)} tokens and a sequence holds {self.tokens_each}: "
                "use a shorter question or fewer chunks."
            )
        if self._lengths.get(slot) != 0:
            raise WrongUseError(f"Slot {slot} is taken or does not exist: drop() what is in it.")
        places = [(slot, place, token) for place, token in enumerate(prompt)]
        return self._decoded(places, scored=[len(places) - 1])[slot]

    def step(self, tokens: Mapping[int, int]) -> dict[int, int]:
        """Slot -> its newest token, in; slot -> the token after it, out; all of them in one pass.

        Raises WrongUseError for no sequence, or one that is full.
        """
        full = [slot for slot in tokens if self._lengths[slot] >= self.tokens_each]
        if full or not tokens:
            raise WrongUseError(f"A step needs sequences with room left; full: {full or 'none'}.")
        places = [(slot, self._lengths[slot], token) for slot, token in tokens.items()]
        return self._decoded(places, scored=range(len(places)))

    def drop(self, slot: int) -> None:
        """Forget what is in `slot`."""
        llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)
        self._lengths[slot] = 0

    def _decoded(
        self, places: Sequence[tuple[int, int, int]], scored: Sequence[int]
    ) -> dict[int, int]:
        """One pass over (slot, position, token); slot -> most likely next token, for the rows `scored`."""
        batch = _batch(places, set(scored))
        try:
            status = llama_cpp.llama_decode(self._context, batch)
            if status != 0:
                raise WrongUseError(f"llama.cpp stopped with status {status}: its memory is full.")
            best = {places[row][0]: self._best(row) for row in scored}
        finally:
            llama_cpp.llama_batch_free(batch)
        for slot, place, _ in places:
            self._lengths[slot] = place + 1
        return best

    def _best(self, row: int) -> int:
        pointer = llama_cpp.llama_get_logits_ith(self._context, row)
        scores = np.ctypeslib.as_array(ctypes.cast(pointer, FLOATS), (self._vocabulary,))
        return int(scores.argmax())


def _context(
    llama: llama_cpp.Llama, slots: int, tokens_each: int, threads: Threads
) -> llama_cpp.llama_context_p:
    settings = llama_cpp.llama_context_default_params()
    settings.n_seq_max, settings.n_ctx = slots, slots * tokens_each
    settings.n_batch = settings.n_ubatch = max(tokens_each, slots)  # a whole prompt in one pass
    settings.kv_unified = False  # each sequence looks at its own keys, not at its neighbours'
    settings.n_threads, settings.n_threads_batch = threads.decode, threads.prefill
    context = llama_cpp.llama_init_from_model(llama.model, settings)
    if not context:
        raise NotEnoughMemoryError(
            f"There is no memory for {slots} sequences of {tokens_each} tokens: use fewer."
        )
    return context


def _freed(context: llama_cpp.llama_context_p, llama: llama_cpp.Llama) -> None:
    llama_cpp.llama_free(context)
    llama.close()


def _batch(places: Sequence[tuple[int, int, int]], scored: set[int]) -> llama_cpp.llama_batch:
    """To be freed."""
    batch = llama_cpp.llama_batch_init(len(places), 0, 1)
    batch.n_tokens = len(places)
    for row, (slot, place, token) in enumerate(places):
        batch.token[row], batch.pos[row], batch.logits[row] = token, place, row in scored
        batch.n_seq_id[row], batch.seq_id[row][0] = 1, slot
    return batch
