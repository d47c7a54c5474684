"""A class graded by many workers: chunks of submissions go out, results come in, one merger writes them down.

The engine is Dask's: it finds workers, notices lost ones and gives their chunks to others. What it cannot
know is here: what has been graded already, who else has a submission in hand, and what to do when the
scheduler itself is gone. Whatever happens, a submission is entered from one result, found about it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import chain

from distributed import Client, Future, KilledWorker, wait

from grader.course.course import Work
from grader.course.grade_class import Batch, State, Step
from grader.fleet.cluster import TIMING, FleetError, checked, timers
from grader.fleet.noise import MachineNoise, looks
from grader.fleet.submissions import LockedSubmission, SubmissionQueue
from grader.fleet.worker import Chunk, Judging, Referees, graded, identity
from grader.grading.report import Report, from_json
from grader.thresholds import thresholds

Connect = Callable[[], AbstractContextManager[Client]]
CHUNK = 4  # submissions: what a lost worker loses at most, and a second or more of work
AHEAD = 2  # chunks for each worker: one in hand, and one so that it need not wait for the next
# What a client raises when its scheduler is gone: cancelled futures, or a connection that is none.
LOST = (CancelledError, OSError, TimeoutError)
RENEWALS = 3  # of the connection, without any result between: then somebody should have a look
REFEREES = Referees()
FRAGILE = "The grader failed, not you: several workers ended while they graded it."


@dataclass(frozen=True)
class Fleet:
    """How a class is graded by many. connect: makes the client, again when the scheduler was lost."""

    batch: Batch
    connect: Connect
    lab_grader: Judging = REFEREES
    say: Callable[[str], None] = print

    def run(self, works: Iterable[Work]) -> Iterator[Step]:
        """One step for each, as they are finished. Raises FleetError, CourseError, LabError.

        First what fills the cores, then what needs a machine for itself, then once more, on the quietest
        machine, what stayed undecided.
        """
        alone, together = [], []
        for work in works:
            (alone if takes_a_machine(work.lab) else together).append(work)
        with _Line(self) as line:
            yield from _Round(self, line, together).steps()
            machines = self._machines(line) if alone else []
            undecided: list[Work] = []
            for step in _Round(self, line, alone, timed=True).steps():
                if _undecided(step) and machines:
                    undecided.append(step.work)
                else:
                    yield step
            if undecided:
                yield from self._again(line, undecided, machines)

    def _machines(self, line: _Line) -> list[MachineNoise]:
        """The noise of each, where there is a choice."""
        found = timers(line.client)
        machines = looks(line.client, found) if len(found) > 1 else []
        for one in machines:
            self.say(str(one))
        return machines

    def _again(
        self, line: _Line, works: list[Work], machines: list[MachineNoise]
    ) -> Iterator[Step]:
        best = min(machines, key=lambda one: one.noise)
        self.say(f"{len(works)} undecided once more, on the quietest machine: {best.address}")
        fleet = replace(self, batch=replace(self.batch, again=True))
        yield from _Round(fleet, line, works, timed=True, workers=(best.address,)).steps()


class _Line:
    """The connection to the workers: checked when it is made, renewed when the scheduler was lost."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.ours, self.renewed = fleet, identity(), 0
        self.stack, self.client = ExitStack(), None

    def __enter__(self) -> _Line:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def renew(self, why: BaseException) -> None:
        """Raises FleetError when it was in vain too often."""
        self.renewed += 1
        if self.renewed > RENEWALS:
            raise FleetError(
                "The scheduler was lost again and again: what is finished is kept; run the same command "
                f"again when it is back ({type(why).__name__})."
            ) from why
        self.fleet.say("The scheduler is gone: waiting for it to come back.")
        with suppress(*LOST):
            self.stack.close()
        self._connect()

    def _connect(self) -> None:
        self.client = self.stack.enter_context(self.fleet.connect())
        for remark in checked(self.client, self.ours):
            self.fleet.say(remark)


@dataclass
class _Round:
    """Submissions of one kind: out to the workers, in to the gradebook. workers: only these; () for all."""

    fleet: Fleet
    line: _Line
    works: list[Work]
    timed: bool = False
    workers: tuple[str, ...] = ()
    running: dict[Future, list[LockedSubmission]] = field(default_factory=dict)
    waiting: list[list[LockedSubmission]] = field(default_factory=list)
    takers: int = 0

    def steps(self) -> Iterator[Step]:
        """All of them, as they are finished."""
        feed = iter(self.works)
        try:
            while True:
                try:
                    yield from self._fill(feed)
                    if not self.running:
                        return
                    yield from self._come_in()
                except LOST as error:
                    self._again(error)
        finally:  # stopped, perhaps: nothing stays locked
            for locked in chain(*self.running.values(), *self.waiting):
                locked.stack.close()

    @property
    def queue(self) -> SubmissionQueue:
        """Where submissions go out and come in."""
        return SubmissionQueue(self.fleet.batch)

    def _fill(self, feed: Iterator[Work]) -> Iterator[Step]:
        """Chunks sent until enough are on their way; the steps of what needs no worker."""
        if self.works:
            self.takers = max(self.takers, self._takers())
        while len(self.running) < AHEAD * self.takers:
            if not self.waiting:
                self.waiting.append([])
                yield from self._next(feed, self.waiting[-1])
            if not (chunk := self.waiting.pop()):
                return
            try:
                self._send(chunk)
            except BaseException:
                self.waiting.append(chunk)
                raise

    def _next(self, feed: Iterator[Work], chunk: list[LockedSubmission]) -> Iterator[Step]:
        for work in feed:
            found = self.queue.taken(work)
            if isinstance(found, Step):
                yield found
                continue
            chunk.append(found)
            if len(chunk) == (1 if self.timed else CHUNK):
                return

    def _send(self, chunk: list[LockedSubmission]) -> None:
        sent = Chunk(tuple(locked.item for locked in chunk), self.timed)
        future = self.line.client.submit(
            graded,
            sent,
            self.line.ours,
            self.fleet.lab_grader,
            resources={TIMING: 1} if self.timed else None,
            workers=list(self.workers) or None,
            pure=False,
        )
        self.running[future] = chunk

    def _come_in(self) -> Iterator[Step]:
        """What has come by now, entered."""
        with self.line.client.as_current():
            done = wait(list(self.running), return_when="FIRST_COMPLETED").done
        for future in done:
            yield from self._arrived(future)

    def _again(self, why: BaseException) -> None:
        """What was lost on the way waits to be sent through a new connection."""
        self.waiting += self.running.values()
        self.running.clear()
        self.line.renew(why)

    def _arrived(self, future: Future) -> Iterator[Step]:
        try:
            found = [from_json(one["report"]) for one in future.result()]
        except KilledWorker:
            yield from self._fragile(self.running.pop(future))
            return
        chunk = self.running.pop(future)
        future.release()  # else it is graded again when the worker that keeps it dies while we enter it
        self.line.renewed = 0
        yield from self._entered(chunk, found)

    def _entered(self, chunk: list[LockedSubmission], found: list[Report]) -> Iterator[Step]:
        for locked, one in zip(chunk, found, strict=True):
            step = self.queue.entered(locked, one)
            if isinstance(step, LockedSubmission):
                self.waiting.append([step])
            else:
                yield step

    def _fragile(self, chunk: list[LockedSubmission]) -> Iterator[Step]:
        """Workers ended over it: one by one, and what ends them alone is not graded."""
        if len(chunk) > 1:
            self.waiting += [[locked] for locked in chunk]
        else:
            yield self.queue.given_up(chunk[0], FRAGILE)

    def _takers(self) -> int:
        """Workers for this kind of work. Raises FleetError when there was never one."""
        client = self.line.client
        if client.status != "running":
            raise ConnectionError("The scheduler is gone.")
        found = len(timers(client) if self.timed else client.nthreads())
        if not found and not self.takers:
            raise FleetError(
                "No worker takes timed work: run `under500 prepare` on a machine, and start its worker again."
                if self.timed
                else "There is no worker: start one, and run the same command again."
            )
        return found


def takes_a_machine(name: str) -> bool:
    """True when grading the lab holds something against the clock, or loads models that fill a machine."""
    limits = thresholds(name)
    return limits.bar is not None or limits.models


def _undecided(step: Step) -> bool:
    return step.state is State.GRADED and step.record is not None and step.record.report.queued
