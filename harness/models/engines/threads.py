"""The number of threads for llama.cpp: measured at load, and chosen again when steps become slow.

No fixed share of the cores is best everywhere. Threads of llama.cpp wait for each other at every layer, so
one that shares its core with another program delays all of them: on 2 cores (Intel Xeon, 2 threads, 85 M
parameters in Q8_0) a token takes 3.2 ms when the machine is quiet and 33 ms beside one busy process, where
one thread takes 7.5 ms. Changing the number costs nothing, as llama.cpp starts its threads for every step
(seen in the process ids of Linux; a build with OpenMP would keep them).
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Protocol

import psutil

from harness.models.engines.cpus import usable_cpus
from harness.models.engines.llama_context import LlamaContext, Phase

log = logging.getLogger(__name__)

TOKENS = {Phase.DECODE: 1, Phase.BATCH: 5, Phase.PREFILL: 64}  # in a step that is measured at load
WORK = {
    Phase.DECODE: 8,
    Phase.BATCH: 2,
    Phase.PREFILL: 1,
}  # such steps: some tenths of a second in all
READING = 4  # steps of a model that only reads: four questions are as much work as one prompt
ROUNDS = 2  # the better of two rounds counts, so one interruption has no effect
HOPELESS = 2  # times as long as the best so far: more threads would not be faster either
WINDOW = 5  # steps whose median decides: two interrupted steps do not change it
SLOW = 1.8  # times as long as at load; beside a busy process steps take 2 to 10 times as long
ALIKE = 1.5  # times as many or as few tokens: a step then takes at most 1.5 times as long, less than SLOW
# After so many steps on other threads than at load all are compared again, as the machine may be quiet by
# then; 200 steps take one or two seconds.
RETRY = 200


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

    seconds: the time at load, by phase and number of threads: of a step, or of each token of a prompt.
    tokens: the tokens of the steps measured then; steps of another size take other times and are not judged.
    A busy machine makes every phase slow alike, so one phase is judged for all: that of most of the last
    steps. A comparison keeps to one phase, so that all numbers of threads are judged by the same work.
    """

    seconds: Mapping[Phase, Mapping[int, float]]
    tokens: Mapping[Phase, int]
    quiet: Threads = field(init=False)
    current: Threads = field(init=False)
    _candidates: Sequence[Threads] = field(init=False)
    _usual: dict[Phase, float] = field(init=False)  # times as long as at load, when last compared
    _last: deque[tuple[Phase, float]] = field(init=False)  # times as long as at load
    _compared: Phase | None = field(default=None, init=False)  # None: no comparison is under way
    _trials: dict[Threads, float] = field(default_factory=dict, init=False)
    _steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        fastest = {
            phase: min(times, key=times.__getitem__) for phase, times in self.seconds.items()
        }
        self.quiet = self.current = Threads(
            decode=fastest[Phase.DECODE],
            prefill=fastest[Phase.PREFILL],
            batch=fastest[Phase.BATCH],
        )
        counts = set.intersection(*map(set, self.seconds.values()))
        same = (Threads(count, count, count) for count in sorted(counts))
        self._candidates = list(dict.fromkeys([self.quiet, *same]))
        self._usual = dict.fromkeys(Phase, 1.0)
        self._last = deque(maxlen=len(Phase) * WINDOW)  # one phase has at least WINDOW of them

    def note(self, phase: Phase, tokens: int, seconds: float) -> None:
        """Note the time of a step, and choose other threads if steps have become slow."""
        probed = self.tokens[phase]
        if len(self._candidates) == 1 or not probed / ALIKE <= tokens <= probed * ALIKE:
            return
        at_load = self.seconds[phase][self.quiet.of(phase)]
        self._last.append((phase, seconds / _units(phase, tokens) / at_load))
        self._steps += 1
        judged = self._compared or Counter(p for p, _ in self._last).most_common(1)[0][0]
        ratios = [ratio for p, ratio in self._last if p is judged]
        if len(ratios) >= WINDOW:
            self._judge(judged, median(ratios[-WINDOW:]))

    def _judge(self, phase: Phase, ratio: float) -> None:
        if self._compared:
            self._trials[self.current] = ratio
            self._next_trial(phase)
            return
        usual = self._usual.setdefault(phase, max(1.0, ratio))
        if ratio > SLOW * usual or (self.current != self.quiet and self._steps > RETRY):
            self._compared, self._trials = phase, {self.current: ratio}
            self._next_trial(phase)
        else:
            self._usual[phase] = max(1.0, min(usual, ratio))  # so that the next busy spell shows

    def _next_trial(self, phase: Phase) -> None:
        """Use the next candidate, or the best of them if all have been tried."""
        if untried := [threads for threads in self._candidates if threads not in self._trials]:
            self._use(untried[0])
            return
        best = min(self._trials, key=self._trials.__getitem__)
        # What is usual in other phases, their next steps tell.
        self._usual = {phase: max(1.0, self._trials[best])}
        log.info("threads %s: %.1f times as long a step as at load", best, self._trials[best])
        self._compared = None
        self._use(best)

    def _use(self, threads: Threads) -> None:
        self.current = threads
        self._last.clear()
        self._steps = 0


def choices() -> list[int]:
    """Return the numbers to try: powers of two, all cores and hyperthreads for this process, and a core less.

    One core less is what a single busy process leaves.
    """
    logical = usable_cpus()
    physical = min(psutil.cpu_count(logical=False) or logical, logical)
    powers = (2**power for power in range(physical.bit_length()))
    return sorted({*powers, max(1, physical - 1), physical, logical})


def probed(context: LlamaContext) -> AdaptiveThreads:
    """Measure every number of threads in each phase and return the fastest; clears `context`."""
    seconds = {phase: _seconds(context, phase, TOKENS[phase], WORK[phase]) for phase in Phase}
    context.forget()
    return AdaptiveThreads(seconds, TOKENS)


def probed_reading(reader: Reader, tokens: int) -> AdaptiveThreads:
    """Measure every number of threads for a model that only reads texts of about `tokens` tokens."""
    seconds = _seconds(reader, Phase.PREFILL, tokens, READING)
    return AdaptiveThreads(dict.fromkeys(Phase, seconds), dict.fromkeys(Phase, tokens))


def _seconds(context: Reader, phase: Phase, tokens: int, steps: int) -> dict[int, float]:
    """Return the seconds of a step, or of each token of a prompt, by number of threads."""
    samples: defaultdict[int, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for count in choices():
            context.use_threads(count, count)
            context.forget()
            context.feed([1])  # the first step of another kind takes longer
            samples[count].append(_timed(partial(_work, context, tokens, steps)))
            if samples[count][-1] > HOPELESS * min(map(min, samples.values())):
                break
    units = steps * _units(phase, tokens)
    return {count: min(seconds) / units for count, seconds in samples.items()}


def _units(phase: Phase, tokens: int) -> int:
    """Return the tokens of a prompt, which its time grows with, and 1 for other steps."""
    return tokens if phase is Phase.PREFILL else 1


def _work(context: Reader, tokens: int, steps: int) -> None:
    for _ in range(steps):
        context.feed(range(tokens))
        context.wait()


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
