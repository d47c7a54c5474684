"""Measurements of batches: the time of a prompt's token, of a step by its size, and runs of schedules."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from harness.errors import WrongUseError
from harness.labs.load.batch import Batch, Engine, Job, RunningSequence
from harness.measure.latency.compare import Ratio
from harness.measure.latency.timing import NS_PER_MS
from harness.measure.stats import Latencies, latencies

Schedule = Callable[[Batch, Sequence[Job]], object]
ROUNDS = 9  # of every size in turn; the median of nine is robust against four interruptions


@dataclass(frozen=True, slots=True)
class Served:
    """One request of a run; times in ms since the run began.

    joined_ms: when its prefill began. first_ms, ended_ms: its first and last token. freed_ms: when its slot
    became free.
    """

    number: int
    slot: int
    joined_ms: float
    first_ms: float
    ended_ms: float
    freed_ms: float
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BatchRun:
    """The requests of a run, in the order of their numbers; all of them arrived before it began."""

    served: tuple[Served, ...]

    @property
    def ttft_ms(self) -> Latencies:
        """Return the times to first token since the run began, the wait for a slot included."""
        return latencies([request.first_ms for request in self.served])

    @property
    def e2e_ms(self) -> Latencies:
        """Return the times from the beginning of the run to each request's last token."""
        return latencies([request.ended_ms for request in self.served])

    @property
    def total_ms(self) -> float:
        """Return the time until the last token of all."""
        return max(request.ended_ms for request in self.served)

    @property
    def tokens_per_s(self) -> float:
        """Return the tokens of all requests per second of the run, prefill included."""
        return 1e3 * sum(len(request.tokens) for request in self.served) / self.total_ms


def run_schedule(
    engine: Engine,
    schedule: Schedule,
    jobs: Sequence[Job],
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> BatchRun:
    """Let `schedule` serve `jobs` with `engine`, and return the times; the engine is empty afterwards.

    Raises WrongUseError if the schedule does not serve every job, and what the schedule raises.
    """
    batch = Batch(engine, now_ns)
    begin = now_ns()
    try:
        schedule(batch, list(jobs))
    finally:
        for job in batch.running:
            batch.finish(job)
    _check_all_served(batch, jobs)
    sequences = sorted(batch.sequences, key=lambda sequence: sequence.job.number)
    return BatchRun(tuple(_served(sequence, begin) for sequence in sequences))


def run_in_turns(
    engine: Engine, schedules: Mapping[str, Schedule], jobs: Sequence[Job], rounds: int
) -> dict[str, list[BatchRun]]:
    """Run each schedule `rounds` times on the same jobs, interleaved, and return the runs by name.

    A different schedule begins each round, so that a drift of the machine's speed affects all of them.
    """
    runs: dict[str, list[BatchRun]] = {name: [] for name in schedules}
    names = list(schedules)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            runs[name].append(run_schedule(engine, schedules[name], jobs))
    return runs


def engines_in_turns(
    engines: Mapping[str, Engine], schedule: Schedule, jobs: Sequence[Job]
) -> dict[str, list[BatchRun]]:
    """Run each job alone on each engine, interleaved (A B B A), and return the runs by engine."""
    runs: dict[str, list[BatchRun]] = {name: [] for name in engines}
    for number, job in enumerate(jobs):
        for name in list(engines) if number % 2 else reversed(engines):
            runs[name].append(run_schedule(engines[name], schedule, [job]))
    return runs


def total_ratio(first: Sequence[BatchRun], other: Sequence[BatchRun]) -> Ratio:
    """Return the ratio of the times until all are served, first ÷ other, of runs in turns."""
    return Ratio.of([run.total_ms for run in first], [run.total_ms for run in other])


def ttft_ratio(first: Sequence[BatchRun], other: Sequence[BatchRun]) -> Ratio:
    """Return the ratio of the mean times to first token, first ÷ other, of runs in turns."""
    return Ratio.of([_mean_ttft_ms(run) for run in first], [_mean_ttft_ms(run) for run in other])


def _mean_ttft_ms(run: BatchRun) -> float:
    return fmean(request.first_ms for request in run.served)


def median_turn(runs: Mapping[str, Sequence[BatchRun]]) -> dict[str, BatchRun]:
    """Return the runs of one turn by name: of two schedules, the turn with the median ratio of their times.

    runs: of `run_in_turns`, an odd number of each.
    """
    first, other = runs.values()
    turns = zip(first, other, strict=True)
    ordered = sorted(turns, key=lambda turn: turn[0].total_ms / turn[1].total_ms)
    return dict(zip(runs, ordered[len(ordered) // 2], strict=True))


def same_texts(one: BatchRun, other: BatchRun) -> int:
    """Return how many requests got the same tokens in both runs."""
    return sum(a.tokens == b.tokens for a, b in zip(one.served, other.served, strict=True))


def read_ms(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> float:
    """Return the median ms per token of the prefill of whole prompts, one after another."""
    samples = []
    for prompt in prompts:
        start = now_ns()
        engine.prefill(0, prompt)
        samples.append((now_ns() - start) / NS_PER_MS / len(prompt))
        engine.drop(0)
    return median(samples)


def step_ms(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    sizes: Sequence[int],
    rounds: int = ROUNDS,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[int, float]:
    """Return the median ms of a decode step by the number of sequences in it; the sizes are interleaved.

    prompts: at least one for each sequence of the largest step. Raises WrongUseError if there are fewer
    prompts or slots than that.
    """
    most = max(sizes)
    if most > min(engine.slots, len(prompts)):
        raise WrongUseError(f"A step of {most} needs as many slots and prompts: choose fewer.")
    newest = {slot: engine.prefill(slot, prompts[slot]) for slot in range(most)}
    samples: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(-1, rounds):  # the first round warms up
        for size in sizes:
            tokens = {slot: newest[slot] for slot in range(size)}
            start = now_ns()
            newest |= engine.step(tokens)
            if number >= 0:
                samples[size].append((now_ns() - start) / NS_PER_MS)
    for slot in range(most):
        engine.drop(slot)
    return {size: median(times) for size, times in samples.items()}


def _check_all_served(batch: Batch, jobs: Sequence[Job]) -> None:
    complete = [s for s in batch.sequences if s.complete(batch.engine.end_token)]
    served = sorted(sequence.job.number for sequence in complete)
    if served != sorted(job.number for job in jobs):
        raise WrongUseError(
            f"{len(served)} of {len(jobs)} requests were served to their end: "
            "a schedule calls join() once for each of them, and finish() when it is complete."
        )


def _served(sequence: RunningSequence, begin: int) -> Served:
    times = (sequence.joined_ns, sequence.at_ns[0], sequence.at_ns[-1], sequence.finished_ns)
    return Served(
        sequence.job.number,
        sequence.slot,
        *((at - begin) / NS_PER_MS for at in times),
        tokens=tuple(sequence.tokens),
    )
