"""Pruning: a model with some of the layers of another, or with some of its tokens."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

VOCABULARY = ("model.embed_tokens.weight", "lm_head.weight")  # have a row for each token


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


def with_tokens(model: PreTrainedModel, kept: Sequence[int]) -> PreTrainedModel:
    """Return a copy of `model` with the embeddings of the tokens `kept` only, numbered in that order."""
    config = copy.deepcopy(model.config)
    config.vocab_size = len(kept)
    state = {
        name: tensor[list(kept)] if name in VOCABULARY else tensor
        for name, tensor in model.state_dict().items()
    }
    smaller = type(model)(config).to(model.dtype)
    smaller.load_state_dict(state)
    return smaller.eval()


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
