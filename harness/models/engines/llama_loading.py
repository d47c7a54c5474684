"""Loading of GGUF files in llama.cpp, batches of tokens, and llama.cpp's failures as errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import llama_cpp

from harness.errors import PlainError, WrongUseError
from harness.models.engines.free_memory import free_memory
from harness.models.gguf import file

WORK_SPACE = 32e6  # bytes for what lies between the layers, and the program's own tables
F16_BYTES, F32_BYTES = 2, 4  # of a key or value, and of a score
SCORED = 512  # tokens whose scores llama.cpp reserves at once: its default of `n_ubatch`
TABLE, KEYS_AND_VALUES = "token_embd.weight", ("attn_k.weight", "attn_v.weight")
NO_MEMORY = -2  # the status with which llama.cpp reports that a step found no memory


class NotEnoughMemoryError(PlainError):
    """Raised if a model does not fit into the free memory."""


def loaded(path: Path, n_ctx: int, n_gpu_layers: int = 0, **options: object) -> llama_cpp.Llama:
    """Return `path` loaded with a context that reads up to `n_ctx` tokens in one step.

    options: further ones of `llama_cpp.Llama`. Raises NotEnoughMemoryError.
    """
    if n_gpu_layers == 0:
        _check_memory(path, n_ctx)
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


def needed_bytes(header: file.Header, n_ctx: int) -> float:
    """Return the memory of a model: its file, keys and values of `n_ctx` tokens, scores and work space.

    A token's keys and values are what the matrices of those names give for it.
    """
    tensors = header.tensors
    kept = sum(t.shape[-1] for t in tensors if t.name.endswith(KEYS_AND_VALUES))
    vocabulary = next((t.shape[-1] for t in tensors if t.name == TABLE), 0)
    scores = F32_BYTES * vocabulary * min(n_ctx, SCORED)
    return header.size + F16_BYTES * kept * n_ctx + scores + WORK_SPACE


def _check_memory(path: Path, n_ctx: int) -> None:
    """Raise NotEnoughMemoryError early; a system that overcommits would swap for minutes instead."""
    needed, free = needed_bytes(file.inspect(path), n_ctx), free_memory()
    if needed > free:
        raise NotEnoughMemoryError(
            f"{path.name} needs {needed / 1e6:.0f} MB of memory and {free / 1e6:.0f} MB are free: "
            "close other programs, or use a smaller file (`under500 models` lists them)."
        )
