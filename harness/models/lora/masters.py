"""fp32 master weights of a bfloat16 model: the model computes in bfloat16, the optimizer updates in fp32.

An update is often smaller than one bfloat16 step of its weight and would be rounded away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Masters:
    """The trainable weights of a model by name, in the model's format and in fp32."""

    model: dict[str, torch.nn.Parameter]
    masters: dict[str, torch.nn.Parameter]

    @classmethod
    def of(cls, model: torch.nn.Module) -> Masters:
        """Return the masters of every weight of `model` that requires a gradient."""
        weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
        return cls(
            weights, {n: torch.nn.Parameter(p.detach().float().clone()) for n, p in weights.items()}
        )

    def learn(self, lessons: Iterable[tuple[float, Sequence[torch.Tensor]]]) -> float:
        """Set the mean gradient of some lessons on the masters, and return the mean loss.

        lessons: the loss of each lesson and its gradients, one for each weight in order. Lessons are added in
        the given order, so the mean does not depend on which was computed first.
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
