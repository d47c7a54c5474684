"""fp32 masters of bfloat16 weights: the model computes in the short format, the optimizer adds in the long.
An update is often smaller than one bfloat16 step of its weight and would be rounded away.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Masters:
    """The trainable weights of a model by name, as the model has them and in fp32."""

    model: dict[str, torch.nn.Parameter]
    masters: dict[str, torch.nn.Parameter]

    @classmethod
    def of(cls, model: torch.nn.Module) -> Masters:
        """Masters of every weight of `model` that wants a gradient."""
        weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
        return cls(
            weights, {n: torch.nn.Parameter(p.detach().float().clone()) for n, p in weights.items()}
        )

    def take_gradients(self) -> None:
        """Move the gradients from the model to the masters."""
        for name, p in self.model.items():
            self.masters[name].grad, p.grad = p.grad.float(), None

    @torch.no_grad()
    def put_back(self) -> None:
        """Copy the masters into the model, rounded to its number format."""
        for name, p in self.model.items():
            p.copy_(self.masters[name])
