"""The fine-tuned weights in a file: what was changed of MiniLM's own, in few steps, and the last layer.

Changes are small beside the weights, so that a coarse rounding of them hardly moves a score, and the file has
a sixth of the size of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from harness.interview.encoder.tuned_encoder import Tasks, TunedEncoder
from harness.models.engines.embedding import Embedder

STEPS = 15  # from 0 to the largest change of a row

Arrays = Mapping[str, np.ndarray]


def packed(encoder: TunedEncoder) -> dict[str, np.ndarray]:
    """Return the tasks with their labels, the changes of all layers, and the last layer, as arrays."""
    arrays = {f"labels.{task}": np.array(labels) for task, labels in encoder.tasks.items()}
    for name, own, tuned in encoder.weights():
        arrays |= _rounded(name, _rows(tuned - own).detach().numpy())
    head = encoder.head.named_parameters(prefix="head")
    return arrays | {name: value.detach().half().numpy() for name, value in head}


def unpacked(arrays: Arrays, embedder: Embedder) -> TunedEncoder:
    """Return the encoder with the changes of `packed`."""
    encoder = TunedEncoder(embedder, tasks(arrays))
    with torch.no_grad():
        for name, own, tuned in encoder.weights():
            change = torch.from_numpy(arrays[name] * arrays[f"{name}.step"])
            tuned.copy_(own + change.view(tuned.shape))
        for name, value in encoder.head.named_parameters(prefix="head"):
            value.copy_(torch.from_numpy(arrays[name]).float())
    return encoder.eval()


def tasks(arrays: Arrays) -> Tasks:
    """Return the tasks of a file with their labels."""
    return {
        name.removeprefix("labels."): tuple(map(str, labels))
        for name, labels in arrays.items()
        if name.startswith("labels.")
    }


def stored(path: Path) -> Arrays:
    """Return the arrays of a file; none if there is no such file."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def _rows(values: Tensor) -> Tensor:
    """Return a matrix as it is, and a vector as one row."""
    return values if values.ndim > 1 else values[None]


def _rounded(name: str, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return rows as small whole numbers, and the step of each row."""
    step = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / STEPS, np.finfo(np.float32).tiny)
    return {name: np.rint(rows / step).astype(np.int8), f"{name}.step": step.astype(np.float32)}
