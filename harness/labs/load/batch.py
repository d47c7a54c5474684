"""A batch that a scheduler steers, and two schedulers to compare with.

The scheduler decides which job joins, when a step is made and which job leaves. The batch records when each
job got its tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.errors import WrongUseError

MOST_TOKENS = 64  # of an answer; the tuned models write about 20


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """A request to generate text.

    prompt: token ids. most: limit of the tokens to generate. stops: whether the end-of-turn token may end the
    text earlier.
    """

    number: int
    prompt: Sequence[int]
    most: int = MOST_TOKENS
    stops: bool = True


class Engine(Protocol):
    """The part of `Sequences` that a batch uses."""

    slots: int

    @property
    def end_token(self) -> int: ...
    def prefill(self, slot: int, prompt: Sequence[int]) -> int: ...
    def step(self, tokens: Mapping[int, int]) -> dict[int, int]: ...
    def drop(self, slot: int) -> None: ...


@dataclass
class RunningSequence:
    """A job in its slot, its tokens, and the time of each token in ns of the batch's clock."""

    job: Job
    slot: int
    joined_ns: int
    tokens: list[int] = field(default_factory=list)
    at_ns: list[int] = field(default_factory=list)
    finished_ns: int | None = None

    def complete(self, end_token: int) -> bool:
        """Return True if the job has all its tokens."""
        ended = self.job.stops and self.tokens[-1] == end_token
        return ended or len(self.tokens) >= self.job.most


@dataclass
class Batch:
    """The jobs in the slots of `engine`. sequences: every job that joined, in order of joining."""

    engine: Engine
    now_ns: Callable[[], int] = time.perf_counter_ns
    sequences: list[RunningSequence] = field(default_factory=list)

    @property
    def running(self) -> list[Job]:
        """Return the jobs in the batch, complete or not."""
        return [sequence.job for sequence in self._in_slots()]

    @property
    def free(self) -> int:
        """Return the number of free slots."""
        return self.engine.slots - len(self._in_slots())

    def join(self, job: Job) -> None:
        """Prefill the prompt of `job` in a free slot, which gives its first token.

        Raises WrongUseError if no slot is free.
        """
        taken = {sequence.slot for sequence in self._in_slots()}
        slot = next((slot for slot in range(self.engine.slots) if slot not in taken), None)
        if slot is None:
            raise WrongUseError("No slot is free: finish() a job first.")
        sequence = RunningSequence(job, slot, self.now_ns())
        self.sequences.append(sequence)
        self._append(sequence, self.engine.prefill(slot, job.prompt))

    def step(self) -> list[Job]:
        """Generate one token for each job that is not complete, and return the jobs that are complete.

        Raises WrongUseError if the batch is empty.
        """
        if not self._in_slots():
            raise WrongUseError("The batch is empty: join() a job first.")
        decoding = {s.slot: s for s in self._in_slots() if not s.complete(self.engine.end_token)}
        if decoding:
            newest = {slot: sequence.tokens[-1] for slot, sequence in decoding.items()}
            for slot, token in self.engine.step(newest).items():
                self._append(decoding[slot], token)
        return [s.job for s in self._in_slots() if s.complete(self.engine.end_token)]

    def finish(self, job: Job) -> None:
        """Free the slot of `job`. Raises WrongUseError if the job is not in the batch."""
        sequence = next((s for s in self._in_slots() if s.job is job), None)
        if sequence is None:
            raise WrongUseError(f"Job {job.number} is not in the batch: finish() a job once only.")
        sequence.finished_ns = self.now_ns()
        self.engine.drop(sequence.slot)

    def _append(self, sequence: RunningSequence, token: int) -> None:
        sequence.tokens.append(token)
        sequence.at_ns.append(self.now_ns())

    def _in_slots(self) -> list[RunningSequence]:
        return [sequence for sequence in self.sequences if sequence.finished_ns is None]


def one_by_one(batch: Batch, jobs: Sequence[Job]) -> None:
    """Serve the jobs without batching: each begins when the one before it is complete."""
    for job in jobs:
        batch.join(job)
        while job not in batch.step():
            pass
        batch.finish(job)


def static(batch: Batch, jobs: Sequence[Job]) -> None:
    """Serve the jobs in groups of one job per slot; a group begins when the one before it is complete."""
    size = batch.engine.slots
    for first in range(0, len(jobs), size):
        group = jobs[first : first + size]
        for job in group:
            batch.join(job)
        while len(batch.step()) < len(group):
            pass
        for job in group:
            batch.finish(job)
