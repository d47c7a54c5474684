"""What a simulated server with steps works on: the cost of a step, and long prompts among short ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.labs.load.kv_budget import Asked

SHORT, LONG = 100, 1500  # tokens of a prompt
ONE_LONG_IN = 5
ANSWERS = (10, 60)  # tokens of an answer: from, up to and without


@dataclass(frozen=True)
class StepCost:
    """The ms of a step, from costs measured in both phases.

    writes_ms: number of sequences that write -> ms of a step; ascending. read_ms: of a token of a prompt.
    """

    writes_ms: Mapping[int, float]
    read_ms: float

    def __call__(self, writing: int, read: int) -> float:
        """Return the ms of a step that writes for `writing` sequences and reads `read` tokens of prompts."""
        sizes, times = list(self.writes_ms), list(self.writes_ms.values())
        writes_ms = np.interp(writing, sizes, times) if writing else 0.0
        return float(writes_ms + read * self.read_ms)

    @property
    def shared_ms(self) -> float:
        """Return the ms of a written token when the largest step measured is full."""
        most = max(self.writes_ms)
        return self.writes_ms[most] / most


def long_among_short(cost: StepCost, n: int, load: float, seed: int) -> list[Asked]:
    """Return `n` requests at random times (Poisson), of which some one in five has a prompt of 1,500 tokens.

    load: the share of the time that all of them take one after another, each token at its `cost`.
    """
    rng = np.random.default_rng(seed)
    prompts = rng.choice((SHORT,) * (ONE_LONG_IN - 1) + (LONG,), n)
    answers = rng.integers(*ANSWERS, n)
    work_ms = prompts * cost.read_ms + answers * cost.shared_ms
    arrivals = np.cumsum(rng.exponential(work_ms.mean() / load, n))
    rows = zip(arrivals, prompts, answers, strict=True)
    return [Asked(float(at), int(prompt), int(answer)) for at, prompt, answer in rows]
