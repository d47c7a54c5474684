"""Reading and writing apart, several files in turn: what a number format buys in each of the two.

Prefill does much arithmetic with each weight, decode reads each weight for one token: a format may win in one
and lose in the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np

from harness.measure.latency.stats import Interval, bootstrap_ratio

NS_PER_MS = 1e6
STEPS = 16  # decoded after each prompt: a tenth of a second
ROUNDS = 3  # of every number of threads
ANSWER_TOKENS = 20  # of a typical answer of the tuned models

Clock = Callable[[], int]


class Reading(Protocol):
    """What is needed of a `LlamaContext`."""

    def forget(self) -> None: ...
    def read(self, tokens: Sequence[int]) -> int: ...
    def feed(self, tokens: Sequence[int]) -> None: ...
    def scores(self) -> np.ndarray: ...
    def use_threads(self, decode: int, prefill: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Phases:
    """Samples in ms: prefill_ms of a whole cold prompt, step_ms of one decoded token; one each a prompt."""

    prefill_ms: tuple[float, ...]
    step_ms: tuple[float, ...]

    @property
    def prefill_p50_ms(self) -> float:
        return median(self.prefill_ms)

    @property
    def step_p50_ms(self) -> float:
        return median(self.step_ms)

    @property
    def answer_ms(self) -> tuple[float, ...]:
        """Of an answer of ANSWER_TOKENS tokens, one a prompt; model time alone."""
        pairs = zip(self.prefill_ms, self.step_ms, strict=True)
        return tuple(prefill + (ANSWER_TOKENS - 1) * step for prefill, step in pairs)


def phases(
    contexts: Mapping[str, Reading],
    prompts: Sequence[Sequence[int]],
    steps: int = STEPS,
    now_ns: Clock = time.perf_counter_ns,
) -> dict[str, Phases]:
    """Each prompt read cold and continued by every context, in turn; who begins rotates. One warms up."""
    names = list(contexts)
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn, prompt in enumerate([prompts[-1], *prompts]):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            sample = _sample(contexts[name], prompt, steps, now_ns)
            if turn:
                samples[name].append(sample)
    return {name: Phases(*map(tuple, zip(*found, strict=True))) for name, found in samples.items()}


def times_faster(reference: Sequence[float], other: Sequence[float]) -> tuple[float, Interval]:
    """(ratio of medians, its 95 % interval), above 1 where `other` is faster. n at least 5."""
    return median(reference) / median(other), bootstrap_ratio(reference, other)


def by_threads(
    context: Reading,
    prompt: Sequence[int],
    counts: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Clock = time.perf_counter_ns,
) -> dict[int, Phases]:
    """The same prompt with each number of threads, all in turn; the context keeps the last one."""
    samples: dict[int, list[tuple[float, float]]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count, found in samples.items():
            context.use_threads(count, count)
            context.forget()
            context.read(prompt[:1])  # the first call with other threads starts them
            found.append(_sample(context, prompt, STEPS, now_ns))
    return {
        count: Phases(*map(tuple, zip(*found, strict=True))) for count, found in samples.items()
    }


def best_step_ms(
    context: Reading,
    prompt: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Clock = time.perf_counter_ns,
) -> float:
    """The fastest of several runs of STEPS tokens, ms a token: what nobody disturbed."""
    return min(_sample(context, prompt, STEPS, now_ns)[1] for _ in range(rounds))


def _sample(
    context: Reading, prompt: Sequence[int], steps: int, now_ns: Clock
) -> tuple[float, float]:
    """Prefill in ms, and ms a decoded token."""
    context.forget()
    start = now_ns()
    context.read(prompt)
    token = int(context.scores().argmax())
    read = now_ns()
    for _ in range(steps):
        context.feed([token])
        token = int(context.scores().argmax())
    return (read - start) / NS_PER_MS, (now_ns() - read) / NS_PER_MS / steps
