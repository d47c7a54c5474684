"""Packing of a prompt and many questions about it into one sequence with block attention.

Training on one question at a time would read the same passages again for each. Here the passages are read
once. Each branch attends to the prompt and to itself only, so the results equal those of separate texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

Encode = Callable[[str], list[int]]  # text -> token ids

ROUND = 64  # tokens; sizes are rounded up to it, as matrix kernels are compiled for each new size


@dataclass(frozen=True, slots=True)
class Branch:
    """The text after the shared prompt (`asked`) and the text that the model should generate (`wanted`).

    weight: weight in the loss relative to the other branches of the lesson.
    """

    asked: str
    wanted: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """A shared prompt with its branches, at least one."""

    prompt: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """A lesson as tensors, T tokens in all.

    ids, positions: (1, T), int64. prompt: number of shared tokens, which come first.
    mask: (1, 1, T, T), bool, True where a token (row) attends to another.
    predicting: (P,), int64, the tokens whose next token is wanted; wanted: (P,), int64, those next tokens.
    weight: (P,), float32, sums to 1: each branch counts by its weight, independent of its answer's length.
    T and P are multiples of ROUND; the padding is one more branch with weight 0.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    prompt: int
    mask: torch.Tensor
    predicting: torch.Tensor
    wanted: torch.Tensor
    weight: torch.Tensor


def pack(lesson: Lesson, encode: Encode) -> Packed:
    """Return `lesson` as one sequence; `encode` must not add special tokens."""
    prompt = encode(lesson.prompt)
    pairs = [(encode(branch.asked), encode(branch.wanted)) for branch in lesson.branches]
    parts = [prompt, *(asked + wanted for asked, wanted in pairs)]
    padding = -sum(map(len, parts)) % ROUND
    lengths = [len(part) for part in parts[1:]] + [padding]
    ids = [token for part in parts for token in part] + prompt[:1] * padding
    positions = [*range(len(prompt))]
    for length in lengths:
        positions += range(len(prompt), len(prompt) + length)
    predicting = list(_predicting(len(prompt), pairs))
    total_weight = sum(branch.weight for branch in lesson.branches)
    weight = [
        branch.weight / (total_weight * len(wanted))
        for branch, (_, wanted) in zip(lesson.branches, pairs, strict=True)
        for _ in wanted
    ]
    spare = -len(predicting) % ROUND
    predicting += [0] * spare
    return Packed(
        ids=torch.tensor([ids]),
        positions=torch.tensor([positions]),
        prompt=len(prompt),
        mask=_mask(len(prompt), lengths)[None, None],
        predicting=torch.tensor(predicting),
        wanted=torch.tensor([ids[index + 1] for index in predicting]),
        weight=torch.tensor(weight + [0.0] * spare),
    )


def _predicting(start: int, pairs: list[tuple[list[int], list[int]]]) -> Iterator[int]:
    """Yield for every wanted token the index of the token before it."""
    for asked, wanted in pairs:
        yield from range(start + len(asked) - 1, start + len(asked) + len(wanted) - 1)
        start += len(asked) + len(wanted)


def _mask(prompt: int, lengths: list[int]) -> torch.Tensor:
    """Return the mask (T, T), bool: causal, without attention between branches.

    prompt: number of prompt tokens. lengths: number of tokens of each branch.
    """
    branch = torch.cat([torch.full((n,), i) for i, n in enumerate((prompt, *lengths))])
    related = (branch[None, :] == 0) | (branch[:, None] == branch[None, :])
    return related & torch.ones(len(branch), len(branch), dtype=torch.bool).tril()
