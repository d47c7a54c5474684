"""Attention for packed lessons, twice as fast on a CPU as the general version.

Attention takes most of the training time. The shared prompt does not attend to the branches, so their columns
are never computed for it. The softmax stays in the model's number format; the general version spends most of
its time converting it.
"""

from __future__ import annotations

import torch
from transformers import AttentionInterface, PreTrainedModel

from harness.models.lora.packing import ROUND

NAME = "packed"


def use(model: PreTrainedModel) -> PreTrainedModel:
    """Make `model` use this attention and return it; every forward pass must then get `prompt`."""
    AttentionInterface.register(NAME, packed_attention)
    model.set_attn_implementation(NAME)
    return model


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float,
    prompt: int,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Return the attention output, (1, T, H, d).

    query: (1, H, T, d). key, value: (1, H / groups, T, d). attention_mask: (1, 1, T, T), added to the scores.
    prompt: number of tokens that all branches share.
    """
    groups = module.num_key_value_groups
    prompt -= prompt % ROUND  # the remainder is computed with the branches, for round sizes
    q, mask = query[0] * scaling, attention_mask[0]
    k, v = (part[0].repeat_interleave(groups, dim=0) for part in (key, value))
    shared = _attend(q[:, :prompt], k[:, :prompt], v[:, :prompt], mask[:, :prompt, :prompt])
    branches = _attend(q[:, prompt:], k, v, mask[:, prompt:])
    return torch.cat((shared, branches), dim=1).transpose(0, 1)[None], None


def _attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return softmax(q kᵀ + mask) v for each head, (H, rows, d)."""
    scores = torch.baddbmm(mask.expand(len(q), -1, -1), q, k.transpose(1, 2))
    return scores.softmax(-1) @ v
