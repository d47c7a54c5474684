"""Times of prefill and decode, measured apart, for several model files in turn.

Prefill does much arithmetic with each weight; decode reads each weight for a single token. A number format
may therefore win in one phase and lose in the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np

from harness.measure.stats import Interval, bootstrap_ratio

NS_PER_MS = 1e6
STEPS = 16  # tokens decoded after each prompt: some tenths of a second
ROUNDS = 3  # per number of threads
ANSWER_TOKENS = 20  # of a typical answer of the tuned models

Clock = Callable[[], int]  # ns
Sample = tuple[float, float]  # ms of prefill, ms per decoded token


class Context(Protocol):
    """The methods of `LlamaContext` that are used here."""

    def forget(self) -> None: ...
    def read(self, tokens: Sequence[int]) -> int: ...
    def feed(self, tokens: Sequence[int]) -> None: ...
    def scores(self) -> np.ndarray: ...
    def use_threads(self, decode: int, prefill: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Phases:
    """Samples in ms, one per prompt: prefill_ms of a whole cold prompt, step_ms of one decoded token."""

    prefill_ms: tuple[float, ...]
    step_ms: tuple[float, ...]

    @property
    def prefill_p50_ms(self) -> float:
        """Return the median time of the prefill of a prompt."""
        return median(self.prefill_ms)

    @property
    def step_p50_ms(self) -> float:
        """Return the median time per decoded token."""
        return median(self.step_ms)

    @property
    def answer_ms(self) -> tuple[float, ...]:
        """Return the model time of an answer of ANSWER_TOKENS tokens, one value per prompt."""
        pairs = zip(self.prefill_ms, self.step_ms, strict=True)
        return tuple(prefill + (ANSWER_TOKENS - 1) * step for prefill, step in pairs)


def measure_phases(
    contexts: Mapping[str, Context],
    prompts: Sequence[Sequence[int]],
    steps: int = STEPS,
    now_ns: Clock = time.perf_counter_ns,
) -> dict[str, Phases]:
    """Measure every context with every prompt, in turn: a cold prefill, then `steps` decoded tokens.

    The context that starts rotates. One prompt in advance warms up and is not counted.
    """
    names = list(contexts)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for turn, prompt in enumerate([prompts[-1], *prompts]):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            sample = _sample(contexts[name], prompt, steps, now_ns)
            if turn:
                samples[name].append(sample)
    return {name: _phases(pairs) for name, pairs in samples.items()}


def times_faster(reference: Sequence[float], other: Sequence[float]) -> tuple[float, Interval]:
    """Return (ratio of the medians, its 95 % interval), above 1 if `other` is faster.

    Raises TooFewSamplesError for fewer than 5 samples.
    """
    return median(reference) / median(other), bootstrap_ratio(reference, other)


def phases_by_threads(
    context: Context,
    prompt: Sequence[int],
    counts: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Clock = time.perf_counter_ns,
) -> dict[int, Phases]:
    """Measure the same prompt with each number of threads, in turn; the context keeps the last number."""
    samples: dict[int, list[Sample]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count, pairs in samples.items():
            context.use_threads(count, count)
            context.forget()
            context.read(prompt[:1])  # the first call with another number of threads starts them
            pairs.append(_sample(context, prompt, STEPS, now_ns))
    return {count: _phases(pairs) for count, pairs in samples.items()}


def most_against_best(by_count: Mapping[int, Phases]) -> tuple[int, int, float]:
    """Return (the largest number of threads, the one with the fastest decode, times as slow the first is)."""
    step_ms = {count: phases.step_p50_ms for count, phases in by_count.items()}
    most, best = max(step_ms), min(step_ms, key=step_ms.__getitem__)
    return most, best, step_ms[most] / step_ms[best]


def best_step_ms(
    context: Context,
    prompt: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Clock = time.perf_counter_ns,
) -> float:
    """Return the ms per token of the fastest of several runs of STEPS tokens, the least disturbed one."""
    return min(_sample(context, prompt, STEPS, now_ns)[1] for _ in range(rounds))


def _sample(context: Context, prompt: Sequence[int], steps: int, now_ns: Clock) -> Sample:
    context.forget()
    start = now_ns()
    context.read(prompt)
    token = int(context.scores().argmax())
    prefilled = now_ns()
    for _ in range(steps):
        context.feed([token])
        token = int(context.scores().argmax())
    return (prefilled - start) / NS_PER_MS, (now_ns() - prefilled) / NS_PER_MS / steps


def _phases(samples: Sequence[Sample]) -> Phases:
    return Phases(*map(tuple, zip(*samples, strict=True)))
