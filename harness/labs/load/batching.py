"""Batches on the clock: what a step costs by the number of texts in it, and schedules compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.labs.load.batch import Batch, Engine, Job, RunningSequence
from harness.errors import WrongUseError
from harness.measure.latency.latencies import Latencies, latencies
from harness.measure.latency.timing import NS_PER_MS

Schedule = Callable[[Batch, Sequence[Job]], object]
ROUNDS = 9  # of every size in turn; the median shrugs off four interruptions


@dataclass(frozen=True, slots=True)
class Served:
    """One request of a run, in ms since the run began. slot: where it was. tokens: what it got."""

    number: int
    slot: int
    joined_ms: float
    first_ms: float
    ended_ms: float
    left_ms: float
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BatchRun:
    """All requests of a run, by number; they had all come before it began."""

    served: tuple[Served, ...]

    @property
    def ttft_ms(self) -> Latencies:
        """From the beginning of the run, so the wait for a slot is in it."""
        return latencies([one.first_ms for one in self.served])

    @property
    def e2e_ms(self) -> Latencies:
        """From the beginning of the run to each request's last token."""
        return latencies([one.ended_ms for one in self.served])

    @property
    def total_ms(self) -> float:
        """Until the last token of the last request."""
        return max(one.ended_ms for one in self.served)

    @property
    def tokens_per_s(self) -> float:
        """Tokens of all requests / seconds of the run, prompts read within it."""
        return 1e3 * sum(len(one.tokens) for one in self.served) / self.total_ms


def run(
    engine: Engine,
    schedule: Schedule,
    jobs: Sequence[Job],
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> BatchRun:
    """Let `schedule` serve `jobs` with `engine`, on the clock.

    Raises WrongUseError when it leaves a job out, and what it raises itself; the engine is empty afterwards.
    """
    batch = Batch(engine, now_ns)
    begin = now_ns()
    try:
        schedule(batch, list(jobs))
    finally:
        for job in batch.running:
            batch.finish(job)
    _check(batch, jobs)
    sequences = sorted(batch.sequences, key=lambda sequence: sequence.job.number)
    return BatchRun(tuple(_served(sequence, begin) for sequence in sequences))


def turns(
    engine: Engine, schedules: Mapping[str, Schedule], jobs: Sequence[Job], rounds: int
) -> dict[str, list[BatchRun]]:
    """Each schedule `rounds` times over the same jobs, in turn; who begins rotates."""
    runs: dict[str, list[BatchRun]] = {name: [] for name in schedules}
    names = list(schedules)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            runs[name].append(run(engine, schedules[name], jobs))
    return runs


def step_ms(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    sizes: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[int, float]:
    """Median ms of a step with n texts in it, for each n, decode alone; all sizes in turn.

    prompts: one for each text of the largest step. Raises WrongUseError for more than the engine has slots.
    """
    most = max(sizes)
    if most > min(engine.slots, len(prompts)):
        raise WrongUseError(f"A step of {most} needs as many slots and prompts: choose fewer.")
    newest = {slot: engine.read(slot, prompts[slot]) for slot in range(most)}
    samples: dict[int, list[float]] = {size: [] for size in sizes}
    for measured in range(-1, rounds):  # the first round warms up
        for size in sizes:
            inside = {slot: newest[slot] for slot in range(size)}
            start = now_ns()
            newest |= engine.step(inside)
            if measured >= 0:
                samples[size].append((now_ns() - start) / NS_PER_MS)
    for slot in range(most):
        engine.drop(slot)
    return {size: median(times) for size, times in samples.items()}


def _check(batch: Batch, jobs: Sequence[Job]) -> None:
    served = sorted(sequence.job.number for sequence in batch.sequences if sequence.over(batch.engine.end))
    if served != sorted(job.number for job in jobs):
        raise WrongUseError(
            f"{len(served)} of {len(jobs)} requests were served to their end: "
            "a schedule lets each of them join once and leave when it is finished."
        )


def _served(sequence: RunningSequence, begin: int) -> Served:
    times = (sequence.joined_ns, sequence.at_ns[0], sequence.at_ns[-1], sequence.finished_ns)
    return Served(
        sequence.job.number,
        sequence.slot,
        *((at - begin) / NS_PER_MS for at in times),
        tokens=tuple(sequence.tokens),
    )
