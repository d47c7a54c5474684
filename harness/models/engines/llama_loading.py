"""Loading of GGUF files in llama.cpp, batches of tokens, and llama.cpp's failures as errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import llama_cpp
import psutil

from harness.errors import PlainError, WrongUseError

MEMORY_RESERVE = 64e6  # bytes besides the weights: keys and values of 2048 tokens and work space
NO_MEMORY = -2  # the status with which llama.cpp reports that a step found no memory


class NotEnoughMemoryError(PlainError):
    """Raised if a model does not fit into the free memory."""


def loaded(path: Path, n_ctx: int, n_gpu_layers: int = 0, **options: object) -> llama_cpp.Llama:
    """Return `path` loaded with a context that reads up to `n_ctx` tokens in one step.

    options: further ones of `llama_cpp.Llama`. Raises NotEnoughMemoryError.
    """
    _check_memory(path, n_gpu_layers)
    sizes = {"n_ctx": n_ctx, "n_batch": n_ctx, "n_gpu_layers": n_gpu_layers}
    try:
        return llama_cpp.Llama(str(path), verbose=False, **sizes, **options)
    except (ValueError, MemoryError) as error:
        raise NotEnoughMemoryError(
            f"llama.cpp could not load {path.name}: the memory is full, or the file is damaged where "
            "its header does not show it. Close other programs, or run `under500 prepare`."
        ) from error


@contextmanager
def token_batch(
    tokens: Sequence[int], start: int = 0, first: int = 0
) -> Iterator[llama_cpp.llama_batch]:
    """Yield a batch from position `start` on, with an output for each token from index `first` on."""
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    try:
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.logits[i] = token, start + i, i >= first
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
        yield batch
    finally:
        llama_cpp.llama_batch_free(batch)


def check_status(status: int, reason: str) -> None:
    """Raise an error for a step that failed: NotEnoughMemoryError, or WrongUseError with `reason`."""
    if status == NO_MEMORY:
        raise NotEnoughMemoryError(
            "llama.cpp found no memory for a step: close other programs and try again."
        )
    if status != 0:
        raise WrongUseError(f"llama.cpp stopped with status {status} {reason}")


def _check_memory(path: Path, n_gpu_layers: int) -> None:
    """Raise NotEnoughMemoryError early; a system that overcommits would swap for minutes instead."""
    needed = path.stat().st_size + MEMORY_RESERVE
    free = psutil.virtual_memory().available
    if n_gpu_layers == 0 and needed > free:
        raise NotEnoughMemoryError(
            f"{path.name} needs {needed / 1e6:.0f} MB of memory and {free / 1e6:.0f} MB are free: "
            "close other programs, or use a smaller file (`under500 models` lists them)."
        )
