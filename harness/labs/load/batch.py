"""A batch that requests join and leave: the part of a server that a scheduler steers.

The scheduler says who comes in, when a step is made, and who goes; the batch writes down when each
request got its tokens.
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
    """A request: its prompt as tokens. most: tokens it may get. stops: whether the end of turn ends it."""

    number: int
    prompt: Sequence[int]
    most: int = MOST_TOKENS
    stops: bool = True


class Engine(Protocol):
    """What is needed of `Sequences`."""

    slots: int

    @property
    def end(self) -> int: ...
    def read(self, slot: int, prompt: Sequence[int]) -> int: ...
    def step(self, tokens: Mapping[int, int]) -> dict[int, int]: ...
    def drop(self, slot: int) -> None: ...


@dataclass
class RunningSequence:
    """A job in its slot: its tokens, and when each of them came, in ns of the batch's clock."""

    job: Job
    slot: int
    joined_ns: int
    tokens: list[int] = field(default_factory=list)
    at_ns: list[int] = field(default_factory=list)
    finished_ns: int | None = None

    def over(self, end: int) -> bool:
        """True when the job has got what it was to get."""
        return len(self.tokens) >= self.job.most or (self.job.stops and self.tokens[-1] == end)


@dataclass
class Batch:
    """Jobs in the slots of an `engine`; `stays` is what happened, in order of joining."""

    engine: Engine
    now_ns: Callable[[], int] = time.perf_counter_ns
    sequences: list[RunningSequence] = field(default_factory=list)

    @property
    def running(self) -> list[Job]:
        """Who is in, finished or not."""
        return [sequence.job for sequence in self._inside()]

    @property
    def free(self) -> int:
        """Slots that nobody is in."""
        return self.engine.slots - len(self._inside())

    def join(self, job: Job) -> None:
        """Read the prompt of `job` into a free slot, which writes its first token.

        Raises WrongUseError when no slot is free.
        """
        taken = {sequence.slot for sequence in self._inside()}
        slot = next((slot for slot in range(self.engine.slots) if slot not in taken), None)
        if slot is None:
            raise WrongUseError("No slot is free: let somebody leave() first.")
        sequence = RunningSequence(job, slot, self.now_ns())
        self.sequences.append(sequence)
        self._written(sequence, self.engine.read(slot, job.prompt))

    def step(self) -> list[Job]:
        """One token more for everybody inside who is not finished; returns who is finished now.

        Raises WrongUseError when nobody is inside.
        """
        if not self._inside():
            raise WrongUseError("Nobody is in the batch: join() first.")
        writing = {s.slot: s for s in self._inside() if not s.over(self.engine.end)}
        if writing:
            newest = {slot: sequence.tokens[-1] for slot, sequence in writing.items()}
            for slot, token in self.engine.step(newest).items():
                self._written(writing[slot], token)
        return [sequence.job for sequence in self._inside() if sequence.over(self.engine.end)]

    def finish(self, job: Job) -> None:
        """Free the slot of `job`. Raises WrongUseError for one that is not inside."""
        sequence = next((sequence for sequence in self._inside() if sequence.job is job), None)
        if sequence is None:
            raise WrongUseError(f"Job {job.number} is not in the batch: it cannot leave.")
        sequence.finished_ns = self.now_ns()
        self.engine.drop(sequence.slot)

    def _written(self, sequence: RunningSequence, token: int) -> None:
        sequence.tokens.append(token)
        sequence.at_ns.append(self.now_ns())

    def _inside(self) -> list[RunningSequence]:
        return [sequence for sequence in self.sequences if sequence.finished_ns is None]


def one_by_one(batch: Batch, jobs: Sequence[Job]) -> None:
    """No batch at all: the next job begins when the last one has ended."""
    for job in jobs:
        batch.join(job)
        while job not in batch.step():
            pass
        batch.finish(job)


def static(batch: Batch, jobs: Sequence[Job]) -> None:
    """As many jobs as there are slots; the next ones begin when all of these have ended."""
    size = batch.engine.slots
    for first in range(0, len(jobs), size):
        together = jobs[first : first + size]
        for job in together:
            batch.join(job)
        while len(batch.step()) < len(together):
            pass
        for job in together:
            batch.finish(job)
