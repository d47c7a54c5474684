"""The time of a step by the number of tokens that it checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from statistics import median
from typing import Protocol

from harness.errors import WrongUseError

NS_PER_MS = 1e6
CHECKED = (1, 2, 3, 4, 5)  # tokens in one step: up to a draft of four and the model's own
ROUNDS = 9  # per size, in turn; the median of nine tolerates four interruptions


class Checking(Protocol):
    """The parts of `LlamaContext` that are used here."""

    seen: list[int]

    def read(self, tokens: Sequence[int]) -> int: ...
    def choices(self, tokens: Sequence[int]) -> list[int]: ...
    def keep(self, count: int) -> None: ...
    def steady_threads(self) -> AbstractContextManager[None]: ...


def verify_ms(
    context: Checking,
    prompt: Sequence[int],
    sizes: Sequence[int] = CHECKED,
    rounds: int = ROUNDS,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[int, float]:
    """Return the median ms of one step that checks n tokens after `prompt`, for each n; all sizes in turn.

    The tokens checked are the beginning of `prompt`. The numbers of threads stay as they are, as another one
    for some of the steps would decide the comparison. Raises WrongUseError if `prompt` has fewer tokens than
    the largest step.
    """
    if len(prompt) < max(sizes):
        raise WrongUseError(
            f"The prompt has {len(prompt)} tokens and a step checks {max(sizes)}: pass a prompt at "
            "least as long."
        )
    samples: dict[int, list[float]] = {size: [] for size in sizes}
    with context.steady_threads():
        context.read(prompt)
        for size in [*sizes] * rounds:
            # The first step of another size takes 3 to 8 % longer (Q8_0, 2 threads, AMD EPYC), so it is not
            # timed; another number of threads alone makes no difference.
            _checked_ms(context, prompt[:size], now_ns)
            samples[size].append(_checked_ms(context, prompt[:size], now_ns))
    return {size: median(times) for size, times in samples.items()}


def _checked_ms(context: Checking, tokens: Sequence[int], now_ns: Callable[[], int]) -> float:
    """Return the ms of a step that checks `tokens`, and drop them again."""
    seen = len(context.seen)
    start = now_ns()
    context.choices(tokens)
    ms = (now_ns() - start) / NS_PER_MS
    context.keep(seen)
    return ms
