"""fp32 masters of bfloat16 weights: the model computes in the short format, the optimizer adds in the long.
An update is often smaller than one bfloat16 step of its weight and would be rounded away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

    def learn(self, lessons: Iterable[tuple[float, Sequence[torch.Tensor]]]) -> float:
        """Give the masters the mean gradient of some lessons; returns their mean loss.

        lessons: loss and gradients of each, in the order of the weights. Added up in the order given, so the
        sum is the same however they were computed.
        """
        losses, gradients = zip(*lessons, strict=True)
        for p, parts in zip(self.masters.values(), zip(*gradients, strict=True), strict=True):
            p.grad = torch.stack([part.float() for part in parts]).mean(0)
        return sum(losses) / len(losses)

    @torch.no_grad()
    def put_back(self) -> None:
        """Copy the masters into the model, rounded to its number format."""
        for name, p in self.model.items():
            p.copy_(self.masters[name])
