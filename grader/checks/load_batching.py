"""The check of lab 08, the batch: a schedule at a desk that notices every idle slot; no model runs here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.exported import exported
from grader.exercise.randomness import fresh_rng
from harness.labs.load.batch import Job

ROUNDS = 25  # fresh queues

SERVE = Exercise("08", 4, "serve")


exported("number", "prompt", "most")(
    Job
)  # the same job over there, too, for who compares with `is`


@exported("free", "running", "join", "step", "leave")
@dataclass
class SimulatedBatch:
    """Stands in for a `Batch`: the same four calls, and a word about each that is out of place.

    lengths: tokens of each job, by its number; jobs 0, 1, … come in this order.
    """

    slots: int
    lengths: Sequence[int]
    running: list[Job] = field(default_factory=list)
    written: dict[int, int] = field(default_factory=dict)  # number -> tokens so far
    told: set[int] = field(default_factory=set)  # whom a step has reported as finished
    steps: int = 0

    def __deepcopy__(self, memo: dict) -> SimulatedBatch:
        return self  # the check looks into this very desk

    @property
    def free(self) -> int:
        """Slots that nobody is in."""
        return self.slots - len(self.running)

    @property
    def waiting(self) -> int:
        """Jobs that have not joined."""
        return len(self.lengths) - len(self.written)

    def join(self, job: Job) -> None:
        if not isinstance(job, Job):
            SERVE.fail(
                "join(job), with one of `jobs`", f"{job!r:.60}", "what you take from the queue"
            )
        if job.number in self.written:
            SERVE.fail(
                f"{self._wanted()}", f"job {job.number} once more", "taking a job off the queue"
            )
        if self.free == 0:
            SERVE.fail(
                f"at most {self.slots} inside", f"a join while {self.slots} are", "`batch.free`"
            )
        if job.number != len(self.written):
            SERVE.fail(self._wanted(), f"job {job.number}", "which end of the queue you take from")
        self.running.append(job)
        self.written[job.number] = 1

    def step(self) -> list[Job]:
        if not self.running:
            SERVE.fail("a step with somebody inside", "a step of an empty batch", "the loop's end")
        if self.free and self.waiting:
            SERVE.fail(
                "no free slot while somebody waits",
                f"a step with {self.free} of {self.slots} slots free and {self.waiting} waiting",
                "when jobs join: before every step, as many as there is room for",
            )
        if lingering := self.told & {job.number for job in self.running}:
            SERVE.fail(
                "finished jobs leave before the next step",
                f"job {min(lingering)} is finished and still inside",
                "what step() returns: each of those has to leave()",
            )
        self.steps += 1
        for job in self.running:
            if self.written[job.number] < self.lengths[job.number]:
                self.written[job.number] += 1
        finished = [job for job in self.running if self._finished(job)]
        self.told |= {job.number for job in finished}
        return finished

    def finish(self, job: Job) -> None:
        inside = [one for one in self.running if one.number == getattr(job, "number", None)]
        if not inside:
            SERVE.fail(
                "leave(job), for one inside", f"{job!r:.60}", "who leaves: what step() returned"
            )
        if not self._finished(job):
            SERVE.fail(
                f"job {job.number} stays until its {self.lengths[job.number]} tokens are written",
                f"it leaves after {self.written[job.number]}",
                "who leaves: those that step() returned, and nobody else",
            )
        self.running.remove(inside[0])

    def _finished(self, job: Job) -> bool:
        return self.written[job.number] >= self.lengths[job.number]

    def _wanted(self) -> str:
        if not self.waiting:
            return "every job once"
        return f"job {len(self.written)} joins next, first come, first served"


@check
def serve(function: Callable[[SimulatedBatch, list[Job]], object]) -> None:
    """Every job once, in order, no slot idle while somebody waits, nobody inside who is finished."""
    limits, rng = CallLimits(SERVE), fresh_rng()
    fixed = [(2, [3, 9, 2, 2, 2]), (4, [5]), (3, []), (1, [2, 1, 2])]
    for slots, lengths in [*fixed, *(_queue(rng) for _ in range(ROUNDS))]:
        batch = SimulatedBatch(slots, lengths)
        jobs = [Job(number, (1, 2, 3)) for number in range(len(lengths))]
        limits.call(function, batch, jobs)
        if batch.waiting or batch.running:
            SERVE.fail(
                f"all {len(lengths)} jobs served",
                f"{batch.waiting} never joined, {len(batch.running)} never left",
                "when the loop ends: nobody waits, and nobody is inside",
            )
    SERVE.passed("Nobody waits for the slowest at the table any more.")


def _queue(rng: Random) -> tuple[int, list[int]]:
    return rng.randint(2, 5), [rng.randint(1, 12) for _ in range(rng.randint(4, 16))]
