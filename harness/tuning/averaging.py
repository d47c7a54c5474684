"""Averaging of adapters of successive rounds; the mean is better than each of them, at no cost when serving.

The LoRA factors are averaged, not their products, which keeps the rank. That is close enough for adapters
that were tuned from one another. Weight averaging: Wortsman et al., Model soups, 2022.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from harness import store
from harness.errors import WrongUseError

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


def averaged(adapters: Sequence[Path], folder: Path) -> Path:
    """Write the mean of `adapters`, folders in peft's format, into `folder` in fp16, and return `folder`.

    Raises WrongUseError if an adapter is missing or has another shape, StoreError if the disk is full.
    """
    loaded = [_weights(adapter) for adapter in adapters]
    shapes = [{name: tensor.shape for name, tensor in weights.items()} for weights in loaded]
    if any(shape != shapes[0] for shape in shapes):
        raise WrongUseError(
            "These adapters differ in shape: only adapters of the same model can be averaged."
        )
    mean = {
        name: torch.stack([weights[name].float() for weights in loaded]).mean(0).half()
        for name in shapes[0]
    }
    with store.atomic_write(folder / WEIGHTS) as part:
        save_file(mean, part, metadata={"format": "pt"})
    shutil.copyfile(adapters[0] / CONFIG, folder / CONFIG)
    return folder


def _weights(adapter: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(adapter / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise WrongUseError(
            f"There is no adapter in {adapter}: give the folder of a tuned adapter."
        ) from error
