"""Distillation: a student that has lost layers learns to have the thoughts of the model it comes from.

Answers alone say little: some twenty tokens of five hundred. The teacher's hidden states say something at
every token and every layer, which heals a pruned model in a fraction of the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from harness.models.packing import Packed
from harness.models.tune import answer_loss_of, hidden_states

SINK = (
    1  # the first token's state is thousands of times larger than all others and carries no meaning
)


@dataclass(frozen=True)
class Imitation:
    """Loss of a pruned model: its answers, and its distance from the teacher's hidden states.

    kept: the teacher's layers that the student has. weight: of the distance, relative to the answers.
    """

    teacher: PreTrainedModel
    kept: Sequence[int]
    weight: float

    def __call__(self, student: PreTrainedModel, one: Packed) -> torch.Tensor:
        """Nats of the answers + weight x relative squared distance, 0 for equal states."""
        with torch.inference_mode():
            thoughts = hidden_states(self.teacher, one)
        own = hidden_states(student, one)
        # What enters a kept layer shall be what entered it in the teacher. Not so at the very end: there, all
        # but the answer's tokens guess how a passage goes on, which nobody needs.
        pairs = [(own[n], thoughts[layer]) for n, layer in enumerate(self.kept) if n]
        distance = torch.stack([_distance(mine, theirs) for mine, theirs in pairs]).mean()
        return answer_loss_of(student, own[-1], one) + self.weight * distance


def _distance(mine: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Mean over the tokens of |mine - theirs|² / |theirs|²."""
    mine, theirs = mine[0, SINK:].float(), theirs[0, SINK:].float()
    return ((mine - theirs).square().sum(-1) / theirs.square().sum(-1)).mean()
