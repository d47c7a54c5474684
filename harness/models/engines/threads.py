"""The number of threads for llama.cpp, measured, because no fixed share of the cores is best everywhere.

Threads of llama.cpp wait for each other at every layer, so one that shares its core with another program
delays all of them: beside a busy process, two threads are 5-10 times slower than one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import psutil

from harness.models.engines.llama_context import LlamaContext

PREFILL_TOKENS, DECODE_TOKENS = 64, 8  # together some tenths of a second per number of threads
ROUNDS = 2  # the better of two rounds counts, so one interruption has no effect


@dataclass(frozen=True, slots=True)
class Threads:
    """The numbers of threads for decode (one token at a time) and prefill (the prompt)."""

    decode: int
    prefill: int


def choices() -> list[int]:
    """Return the numbers to try: one, all cores, all hyperthreads, without duplicates."""
    counts = (1, psutil.cpu_count(logical=False), psutil.cpu_count(logical=True))
    return sorted({count for count in counts if count})


def probed(context: LlamaContext) -> Threads:
    """Measure and return the fastest number of threads for each phase; clears `context`."""
    best = Threads(_fastest(context, _decode), _fastest(context, _prefill))
    context.forget()
    context.use_threads(best.decode, best.prefill)
    return best


def _fastest(context: LlamaContext, work: Callable[[LlamaContext], None]) -> int:
    seconds = {count: [] for count in choices()}
    for _ in range(ROUNDS):
        for count, samples in seconds.items():
            context.use_threads(count, count)
            context.forget()
            context.feed([1])  # the first call with another number of threads starts them
            samples.append(_timed(partial(work, context)))
    return min(seconds, key=lambda count: min(seconds[count]))


def _decode(context: LlamaContext) -> None:
    for token in range(DECODE_TOKENS):
        context.feed([token])
        context.wait()


def _prefill(context: LlamaContext) -> None:
    context.feed(range(PREFILL_TOKENS))
    context.wait()


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
