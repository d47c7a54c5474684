"""The check of lab 08 on continuous batching: a schedule, without a model, that may leave no slot idle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NoReturn

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import CheckFailed, Exercise, check
from grader.exercise.exported import exported
from grader.exercise.randomness import fresh_rng
from harness.labs.load.batch import Job

ROUNDS = 25  # fresh queues

SERVE = Exercise("08", 4, "serve")


# Exported as one object, so that a learner's code can also compare jobs with `is`.
exported("number", "prompt", "most")(Job)


@exported("free", "running", "join", "step", "finish")
@dataclass
class SimulatedBatch:
    """A stand-in for a `Batch` with the same methods, each of which raises CheckFailed if it is misused.

    lengths: the tokens of each job, by its number; jobs 0, 1, … arrive in this order. misuse: the first
    CheckFailed, which stands even if the learner's function catches it.
    """

    slots: int
    lengths: Sequence[int]
    running: list[Job] = field(default_factory=list)
    written: dict[int, int] = field(default_factory=dict)  # number -> tokens so far
    reported: set[int] = field(default_factory=set)  # jobs that a step has returned as finished
    steps: int = 0
    misuse: CheckFailed | None = None

    def __deepcopy__(self, memo: dict) -> SimulatedBatch:
        return self  # the check reads this very object

    @property
    def free(self) -> int:
        """The number of free slots."""
        return self.slots - len(self.running)

    @property
    def waiting(self) -> int:
        """The number of jobs that have not joined."""
        return len(self.lengths) - len(self.written)

    def join(self, job: Job) -> None:
        if not isinstance(job, Job):
            look = "what you take from the queue"
            self._refuse("join(job), with one of `jobs`", f"{job!r:.60}", look)
        if job.number in self.written:
            look = "the queue: remove a job from it when it joins"
            self._refuse(self._wanted(), f"job {job.number} once more", look)
        if self.free == 0:
            got = f"a join while all {self.slots} slots are taken"
            self._refuse(f"at most {self.slots} jobs in the batch", got, "`batch.free`")
        if job.number != len(self.written):
            self._refuse(
                self._wanted(), f"job {job.number}", "which end of the queue you take from"
            )
        self.running.append(job)
        self.written[job.number] = 1

    def step(self) -> list[Job]:
        if not self.running:
            self._refuse(
                "a step with jobs in the batch", "a step of an empty batch", "when your loop ends"
            )
        if self.free and self.waiting:
            self._refuse(
                "no free slot while a job waits",
                f"a step with {self.free} of {self.slots} slots free and {self.waiting} waiting",
                "when jobs join: before every step, as many as there are free slots",
            )
        if lingering := self.reported & {job.number for job in self.running}:
            self._refuse(
                "finished jobs leave before the next step",
                f"job {min(lingering)} is finished and still in the batch",
                "what step() returns: call finish(job) for each of these jobs",
            )
        self.steps += 1
        for job in self.running:
            if self.written[job.number] < self.lengths[job.number]:
                self.written[job.number] += 1
        finished = [job for job in self.running if self._finished(job)]
        self.reported |= {job.number for job in finished}
        return finished

    def finish(self, job: Job) -> None:
        number = getattr(job, "number", None)
        inside = [other for other in self.running if other.number == number]
        if not inside:
            look = "the jobs you finish: those that step() returned"
            self._refuse("finish(job), with a job in the batch", f"{job!r:.60}", look)
        if not self._finished(job):
            self._refuse(
                f"job {job.number} stays until its {self.lengths[job.number]} tokens are written",
                f"finish(job) after {self.written[job.number]} tokens",
                "the jobs you finish: those that step() returned, and no others",
            )
        self.running.remove(inside[0])

    def _refuse(self, expected: str, got: str, look: str) -> NoReturn:
        try:
            SERVE.fail(expected, got, look)
        except CheckFailed as failed:
            self.misuse = self.misuse or failed
            raise

    def _finished(self, job: Job) -> bool:
        return self.written[job.number] >= self.lengths[job.number]

    def _wanted(self) -> str:
        joins = f"job {len(self.written)} joins next, first come, first served"
        return joins if self.waiting else "every job once"


@check
def serve(function: Callable[[SimulatedBatch, list[Job]], object]) -> None:
    """Check that each job joins once, in order, no slot idles while one waits, and finished jobs leave."""
    limits, rng = CallLimits(SERVE, keep=False), fresh_rng()
    fixed = [(2, [3, 9, 2, 2, 2]), (4, [5]), (3, []), (1, [2, 1, 2])]
    for slots, lengths in [*fixed, *(_queue(rng) for _ in range(ROUNDS))]:
        batch = SimulatedBatch(slots, lengths)
        jobs = [Job(number, (1, 2, 3)) for number in range(len(lengths))]
        limits.call(function, batch, jobs)
        if batch.misuse:
            raise batch.misuse
        if batch.waiting or batch.running:
            got = f"{batch.waiting} never joined, {len(batch.running)} never left"
            look = "when your loop ends: no job waits, and none is in the batch"
            SERVE.fail(f"all {len(lengths)} jobs served", got, look)
    SERVE.passed("No job waits for the slowest one in its batch any more.")


def _queue(rng: Random) -> tuple[int, list[int]]:
    return rng.randint(2, 5), [rng.randint(1, 12) for _ in range(rng.randint(4, 16))]
