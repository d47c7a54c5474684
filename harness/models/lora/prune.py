"""Depth pruning: a shallower model with some layers of another, the same tokenizer and the same width."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel


def pruned(model: PreTrainedModel, kept: Sequence[int]) -> PreTrainedModel:
    """Return a copy of `model` with the layers `kept`, in that order; `model` is unchanged.

    Raises ValueError for a layer that does not exist.
    """
    layers = model.config.num_hidden_layers
    if not kept or any(not 0 <= layer < layers for layer in kept):
        raise ValueError(f"The model has the layers 0 to {layers - 1}, so kept cannot be {kept}.")
    config = copy.deepcopy(model.config)
    config.num_hidden_layers = len(kept)
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[layer] for layer in kept]
    student = type(model)(config).to(model.dtype)
    with torch.no_grad():
        student.load_state_dict(_renumbered(model.state_dict(), kept))
    return student.eval()


def _renumbered(state: dict[str, torch.Tensor], kept: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return `state` without the dropped layers, with the kept ones numbered from 0."""
    prefix = "model.layers."
    renumbered = {name: t for name, t in state.items() if not name.startswith(prefix)}
    for new, old in enumerate(kept):
        start = f"{prefix}{old}."
        for name, tensor in state.items():
            if name.startswith(start):
                renumbered[f"{prefix}{new}.{name.removeprefix(start)}"] = tensor
    return renumbered
