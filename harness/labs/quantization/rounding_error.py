"""The error of rounded weights relative to the weights, of a way to round and of a model file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from harness.labs.quantization.weights import bits_a_weight, read_weights

SCALE_BITS = 16  # a scale is stored in half precision
BITS = range(2, 9)  # one bit has no code but 0, and eight lose next to nothing

Quantise = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]  # (codes, scales)
Error = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # of (blocks, codes, scales)


def rounding_curve(
    matrix: np.ndarray, size: int, quantise: Quantise, error: Error, bits: Iterable[int] = BITS
) -> list[tuple[float, float]]:
    """Return (bits a weight, relative error) for each of `bits` a code, in blocks of `size` weights.

    The bits a weight include its share of the scale. `size` divides the number of weights.
    """
    blocks = matrix.reshape(-1, size)
    return [(n + SCALE_BITS / size, error(blocks, *quantise(blocks, n))) for n in bits]


def stored_error(path: Path, name: str, exact: np.ndarray) -> tuple[float, float]:
    """Return (bits a weight, relative error) of the matrix `name` in a model file.

    exact: the same matrix in the full file. Raises WrongUseError if the file has no such tensor.
    """
    return bits_a_weight(path, name), relative_error(read_weights(path, name), exact)


def relative_error(restored: np.ndarray, exact: np.ndarray) -> float:
    """Return the root mean square of the differences, divided by that of the exact weights."""
    return float(np.sqrt(((restored - exact) ** 2).mean() / (exact**2).mean()))
