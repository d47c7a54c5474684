"""Model files that exist for one measurement: quantised again, or with other bytes in some tensors."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from harness.labs.quantization.weights import join_q4, read_weights, with_bytes
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads
from harness.models.gguf.quantize import quantize

BLOCK, BLOCK_BYTES, SCALE_BYTES = 32, 18, 2  # of Q4_0: weights, bytes, bytes of the scale
HALF_BYTE = 4  # bits

# (blocks, importance, divisors) -> (codes, scales)
Weighted = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@contextmanager
def requantised(full: Path, kind: str) -> Iterator[Path]:
    """Quantise the file `full` to `kind`, and remove the result after the block."""
    with tempfile.TemporaryDirectory() as folder:
        yield quantize(full, kind, Path(folder) / f"{kind}.gguf")


@contextmanager
def patched(path: Path, packed: Mapping[str, bytes], threads: Threads) -> Iterator[LlamaModel]:
    """Load a copy of the file `path` with other bytes for these tensors, and remove it after the block.

    Raises WrongUseError for bytes of another length than the tensor's.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield LlamaModel(with_bytes(path, packed, Path(folder) / "patched.gguf"), threads=threads)


def halves_swapped(packed: bytes) -> bytes:
    """Return blocks of Q4_0 with the two codes of each byte exchanged; the scales stay."""
    rows = np.frombuffer(packed, np.uint8).reshape(-1, BLOCK_BYTES).copy()
    codes = rows[:, SCALE_BYTES:]
    rows[:, SCALE_BYTES:] = codes << HALF_BYTE | codes >> HALF_BYTE
    return rows.tobytes()


def pack_weighted(
    full: Path, name: str, importance: np.ndarray, weighted: Weighted, divisors: np.ndarray
) -> bytes:
    """Return the bytes of Q4_0 for the matrix `name`, with the scales that `weighted` chooses.

    importance: of each column of the matrix, (columns,). divisors: (m,), handed on to `weighted`.
    """
    rows = read_weights(full, name)
    by_weight = np.broadcast_to(importance, rows.shape).reshape(-1, BLOCK)
    return join_q4(*weighted(rows.reshape(-1, BLOCK), by_weight, divisors))
