"""The number of threads for llama.cpp: measured at load, and chosen again when steps become slow.

No fixed share of the cores is best everywhere. Threads of llama.cpp wait for each other at every layer, so
one that shares its core with another program delays all of them: on 2 cores (Intel Xeon, 2 threads, 85 M
parameters in Q8_0) a token takes 3.2 ms when the machine is quiet and 33 ms beside one busy process, where
one thread takes 7.5 ms.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Protocol

import psutil

from harness.models.engines.llama_context import LlamaContext, Phase

log = logging.getLogger(__name__)

WORK = {Phase.DECODE: 8, Phase.BATCH: 2, Phase.PREFILL: 1}  # steps: some tenths of a second in all
TOKENS = {Phase.DECODE: 1, Phase.BATCH: 5, Phase.PREFILL: 64}  # in each step
ROUNDS = 2  # the better of two rounds counts, so one interruption has no effect
WINDOW = 5  # steps whose median decides: two interrupted steps do not change it
SLOW = 1.8  # times as long as at load; beside a busy process steps take 2 to 10 times as long
RETRY = (
    200  # steps on other threads than at load, before all are compared again: one or two seconds
)


class Reader(Protocol):
    """A model in llama.cpp whose steps can be timed."""

    def use_threads(self, decode: int, prefill: int) -> None: ...

    def forget(self) -> None: ...

    def feed(self, tokens: Sequence[int]) -> None: ...

    def wait(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Threads:
    """The numbers of threads for decode (one token), prefill (the prompt) and batch (a draft to check)."""

    decode: int
    prefill: int
    batch: int = 0  # 0: as for prefill

    def of(self, phase: Phase) -> int:
        """Return the number of threads of one phase."""
        if phase is Phase.DECODE:
            return self.decode
        return self.prefill if phase is Phase.PREFILL else self.batch or self.prefill


@dataclass
class AdaptiveThreads:
    """The threads that the next step uses, chosen from the times of the steps before.

    seconds: the time at load, by phase and number of threads: of a step, or of each token of a prompt. A busy
    machine makes every phase slow alike, so steps of all phases are compared by their ratio to that time.
    """

    seconds: Mapping[Phase, Mapping[int, float]]
    quiet: Threads = field(init=False)
    current: Threads = field(init=False)
    _ratios: list[float] = field(default_factory=list, init=False)
    _trials: dict[Threads, float] = field(default_factory=dict, init=False)
    _usual: float = field(default=1.0, init=False)
    _steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.quiet = Threads(
            *(_fastest(self.seconds[phase]) for phase in Phase)
        )  # in the order of the fields
        self.current = self.quiet

    def note(self, phase: Phase, tokens: int, seconds: float) -> None:
        """Note the time of a step, and choose other threads if steps have become slow."""
        at_load = self.seconds[phase][self.quiet.of(phase)]
        self._ratios.append(seconds / _units(phase, tokens) / at_load)
        self._steps += 1
        if len(self._ratios) < WINDOW:
            return
        ratio = median(self._ratios[-WINDOW:])
        if self._trials:
            self._next_trial(ratio)
        elif ratio > SLOW * self._usual or (self.current != self.quiet and self._steps > RETRY):
            self._trials = {self.current: ratio}
            self._use(self._untried())
        else:
            del self._ratios[:-WINDOW]

    def _next_trial(self, ratio: float) -> None:
        self._trials[self.current] = ratio
        if untried := self._untried():
            self._use(untried)
            return
        best = min(self._trials, key=self._trials.__getitem__)
        self._usual = 1.0 if best == self.quiet else max(1.0, self._trials[best])
        log.info("threads %s: %.1f times as long a step as at load", best, self._trials[best])
        self._trials = {}
        self._use(best)

    def _untried(self) -> Threads | None:
        """Return threads that this comparison has not tried: those at load, or the same number everywhere."""
        same = (Threads(count, count, count) for count in sorted(self.seconds[Phase.DECODE]))
        return next((t for t in (self.quiet, *same) if t not in self._trials), None)

    def _use(self, threads: Threads | None) -> None:
        self.current = threads or self.current
        self._ratios.clear()
        self._steps = 0


def choices() -> list[int]:
    """Return the numbers to try: powers of two, all cores and all hyperthreads that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    logical = usable or 1
    physical = min(psutil.cpu_count(logical=False) or logical, logical)
    powers = (2**power for power in range(physical.bit_length()))
    return sorted({*powers, physical, logical})


def probed(context: LlamaContext) -> AdaptiveThreads:
    """Measure every number of threads in each phase and return the fastest; clears `context`."""
    adaptive = AdaptiveThreads({phase: _seconds(context, phase) for phase in Phase})
    context.forget()
    return adaptive


def probed_reading(reader: Reader) -> AdaptiveThreads:
    """Measure every number of threads for a model that only reads, and return the fastest."""
    return AdaptiveThreads(dict.fromkeys(Phase, _seconds(reader, Phase.PREFILL)))


def _seconds(context: Reader, phase: Phase) -> dict[int, float]:
    """Return the seconds of a step, or of each token of a prompt, by number of threads."""
    samples: dict[int, list[float]] = {count: [] for count in choices()}
    for _ in range(ROUNDS):
        for count, seconds in samples.items():
            context.use_threads(count, count)
            context.forget()
            context.feed([1])  # the first call with another number of threads starts them
            seconds.append(_timed(partial(_work, context, phase)))
    units = WORK[phase] * _units(phase, TOKENS[phase])
    return {count: min(seconds) / units for count, seconds in samples.items()}


def _units(phase: Phase, tokens: int) -> int:
    """Return the tokens of a prompt, which its time grows with, and 1 for other steps."""
    return tokens if phase is Phase.PREFILL else 1


def _work(context: Reader, phase: Phase) -> None:
    for _ in range(WORK[phase]):
        context.feed(range(TOKENS[phase]))
        context.wait()


def _fastest(seconds: Mapping[int, float]) -> int:
    return min(seconds, key=seconds.__getitem__)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
