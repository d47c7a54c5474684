"""Fine-tuning of MiniLM on the labelled sentences and turns; only who edits the content runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from harness.interview.encoder.tuned_encoder import Tasks, TunedEncoder
from harness.models.engines.embedding import Embedder

# Chosen by leaving authors out of the labelled sentences. The shipped weights took three runs of EPOCHS, each
# from those of the run before; then fourteen more on what had been added, mostly turns of whole interviews,
# with a share of the rest.
EPOCHS, BATCH = 3, 32
LAYERS_RATE, HEAD_RATE = 1e-4, 3e-3  # learning rates
WARM_UP, LEAST_RATE = 100, 0.02  # steps of rising rate; share of it at the end
POSITIVE = 8.0  # weight of a label that a text has; of one that it lacks 1
HARD = 6.0  # weight of a label that a text falls just short of, or denies
FIRST_BIAS = -3.0  # log odds before training: few labels fit a text
CLIP = 1.0  # the largest norm of a gradient
POOL = 16  # batches that are cut from texts sorted by length, so that little is padded


@dataclass(frozen=True, slots=True)
class Example:
    """A text, what was said before it, and its labels of each task that is known for it.

    hard: labels that the text nearly has, or denies.
    """

    text: str
    labels: Mapping[str, frozenset[str]]
    before: str = ""
    hard: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False, slots=True)
class Targets:
    """What is learned, as arrays (examples, labels of all tasks). has: 0 or 1; weight: 0 if not known."""

    has: Tensor
    weight: Tensor


def train(
    embedder: Embedder,
    examples: Sequence[Example],
    tasks: Tasks,
    weights: Mapping[str, float],
    start: TunedEncoder | None = None,
    epochs: int = EPOCHS,
    step_done: Callable[[int, int], None] = lambda _done, _all: None,
) -> TunedEncoder:
    """Return MiniLM fine-tuned on these examples.

    weights: of each task. start: an encoder whose weights are trained further, instead of MiniLM's own.
    step_done: called with the steps that are done and all steps. The same examples give the same order and
    the same first weights; sums may differ in their last bits between machines.
    """
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    encoder = TunedEncoder(embedder, tasks).train()
    nn.init.constant_(encoder.head.bias, FIRST_BIAS)
    if start:
        encoder.continue_from(start)
    targets = _targets(examples, tasks, weights)
    batches = [batch for _ in range(epochs) for batch in _batches(examples, draw)]
    optimizer, schedule = _optimizer(encoder, len(batches))
    for done, rows in enumerate(batches, 1):
        found = encoder([(examples[row].text, examples[row].before) for row in rows])
        loss = _loss(found, targets.has[rows], targets.weight[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        step_done(done, len(batches))
    return encoder.eval()


def _targets(examples: Sequence[Example], tasks: Tasks, weights: Mapping[str, float]) -> Targets:
    has, weight = (
        np.zeros((len(examples), sum(map(len, tasks.values()))), np.float32) for _ in "hw"
    )
    start = 0
    for task, labels in tasks.items():
        columns = {label: start + number for number, label in enumerate(labels)}
        for row, example in enumerate(examples):
            if task not in example.labels:
                continue
            own = [columns[label] for label in example.labels[task]]
            near = [columns[label] for label in example.hard if label in columns]
            weight[row, start : start + len(labels)] = weights[task]
            weight[row, near] = weights[task] * HARD
            weight[row, own] = weights[task] * POSITIVE
            has[row, own] = 1
        start += len(labels)
    return Targets(torch.from_numpy(has), torch.from_numpy(weight))


def _loss(found: Tensor, has: Tensor, weight: Tensor) -> Tensor:
    """Return the mean weighted cross-entropy of all labels."""
    each = nn.functional.binary_cross_entropy_with_logits(found, has, reduction="none")
    return (each * weight).mean()


def _optimizer(
    encoder: TunedEncoder, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    groups = [
        {"params": encoder.layers.parameters(), "lr": LAYERS_RATE},
        {"params": encoder.head.parameters(), "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(LEAST_RATE, 1 - step / steps)
    )
    return optimizer, rate


def _batches(examples: Sequence[Example], draw: np.random.Generator) -> Iterator[list[int]]:
    """Yield the rows of each batch of one epoch, in random order."""
    rows = draw.permutation(len(examples))
    batches: list[list[int]] = []
    for start in range(0, len(rows), BATCH * POOL):
        pool = sorted(rows[start : start + BATCH * POOL], key=lambda row: _length(examples[row]))
        batches += [list(map(int, pool[i : i + BATCH])) for i in range(0, len(pool), BATCH)]
    yield from (batches[number] for number in draw.permutation(len(batches)))


def _length(example: Example) -> int:
    return len(example.text) + len(example.before)
