"""Grading of a class with many workers: chunks of submissions go out, results come back and are entered.

Dask finds workers, notices lost ones and gives their chunks to others. This module adds what Dask cannot
know: which submissions are graded already, which another grader holds, and what to do when the scheduler
itself is lost. In every case a submission is entered from exactly one result, made from its current file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pickle import UnpicklingError

from distributed import Client, Future, KilledWorker, wait

from grader.course.course import Submission
from grader.course.grade_class import Batch, State, Step
from grader.fleet.cluster import TIMING, FleetError, check_workers, timing_workers
from grader.fleet.noise import MachineNoise, measure_all
from grader.fleet.submissions import LockedSubmission, SubmissionQueue
from grader.fleet.worker import Chunk, JudgeFactory, RefereeFactory, grade_chunk, identity
from grader.grading.report import Report
from grader.thresholds import thresholds

Connect = Callable[[], AbstractContextManager[Client]]
CHUNK = 4  # submissions: the most that a lost worker loses, and at least a second of work
AHEAD = 2  # chunks per worker: one in progress, and one so that it need not wait for the next
# What a client raises when its scheduler is lost: cancelled futures, or a broken connection.
LOST = (CancelledError, OSError, TimeoutError)
RENEWALS = 3  # of the connection without a result in between; then a person should look at it
REFEREES = RefereeFactory()
INVALID = "The grader failed, not you: a worker's answer was not a report on this submission."
FRAGILE = "The grader failed, not you: several workers ended while they graded it."


@dataclass(frozen=True)
class Fleet:
    """A batch graded by many workers.

    `connect` makes the client, and is called again after the scheduler was lost.
    """

    batch: Batch
    connect: Connect
    judge_factory: JudgeFactory = REFEREES
    say: Callable[[str], None] = print

    def run(self, submissions: Iterable[Submission]) -> Iterator[Step]:
        """Yield one step for each submission as it is finished.

        Correctness labs come first and fill the cores. Labs that need a machine for themselves follow. What
        stays undecided is then timed once more on the quietest machine.

        Raises FleetError, CourseError or LabError.
        """
        timed, untimed = [], []
        for submission in submissions:
            (timed if needs_whole_machine(submission.lab) else untimed).append(submission)
        with _Connection(self) as connection:
            yield from _Round(self, connection, untimed).steps()
            machines = self._machines(connection) if timed else []
            undecided: list[Submission] = []
            for step in _Round(self, connection, timed, timed=True).steps():
                if _is_undecided(step) and machines:
                    undecided.append(step.submission)
                else:
                    yield step
            if undecided:
                yield from self._time_again(connection, undecided, machines)

    def _machines(self, connection: _Connection) -> list[MachineNoise]:
        """Measure the noise of each machine if there are several."""
        addresses = timing_workers(connection.client)
        machines = measure_all(connection.client, addresses) if len(addresses) > 1 else []
        for machine in machines:
            self.say(str(machine))
        return machines

    def _time_again(
        self, connection: _Connection, submissions: list[Submission], machines: list[MachineNoise]
    ) -> Iterator[Step]:
        best = min(machines, key=lambda machine: machine.noise)
        self.say(
            f"Timing {len(submissions)} undecided again on the quietest machine: {best.address}"
        )
        fleet = replace(self, batch=replace(self.batch, again=True))
        workers = (best.address,)
        yield from _Round(fleet, connection, submissions, timed=True, workers=workers).steps()


class _Connection:
    """A connection to the workers. They are checked on connecting; a lost scheduler is reconnected."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.identity, self.renewals = fleet, identity(), 0
        self.stack, self.client = ExitStack(), None

    def __enter__(self) -> _Connection:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def renew(self, error: BaseException) -> None:
        """Reconnect after `error`. Raises FleetError after more than RENEWALS attempts without a result."""
        self.renewals += 1
        if self.renewals > RENEWALS:
            raise FleetError(
                f"The scheduler was lost {self.renewals} times in a row ({type(error).__name__}). Finished "
                "results are kept; run the same command again when the scheduler is back."
            ) from error
        self.fleet.say("The scheduler is lost: waiting for it to come back.")
        with suppress(*LOST):
            self.stack.close()
        self._connect()

    def _connect(self) -> None:
        self.client = self.stack.enter_context(self.fleet.connect())
        for remark in check_workers(self.client, self.identity):
            self.fleet.say(remark)


@dataclass
class _Round:
    """Submissions of one kind, timed or untimed, on their way through the workers.

    `workers` limits the round to these addresses; () means all. `n_workers` is the most seen so far.
    """

    fleet: Fleet
    connection: _Connection
    submissions: list[Submission]
    timed: bool = False
    workers: tuple[str, ...] = ()
    running: dict[Future, list[LockedSubmission]] = field(default_factory=dict)
    waiting: list[list[LockedSubmission]] = field(default_factory=list)
    n_workers: int = 0

    def steps(self) -> Iterator[Step]:
        """Yield all steps as they are finished."""
        feed = iter(self.submissions)
        try:
            while True:
                try:
                    yield from self._fill(feed)
                    if not self.running:
                        return
                    yield from self._receive()
                except LOST as error:
                    self._reconnect(error)
        finally:  # also if the run is interrupted: release all locks
            for locked in chain(*self.running.values(), *self.waiting):
                locked.stack.close()

    @property
    def queue(self) -> SubmissionQueue:
        """Return the queue between course and workers."""
        return SubmissionQueue(self.fleet.batch)

    def _fill(self, feed: Iterator[Submission]) -> Iterator[Step]:
        """Send chunks until each worker has enough; yield the steps of submissions that need no worker."""
        if self.submissions:
            self.n_workers = max(self.n_workers, self._count_workers())
        while len(self.running) < AHEAD * self.n_workers:
            if not self.waiting:
                self.waiting.append([])
                yield from self._next_chunk(feed, self.waiting[-1])
            if not (chunk := self.waiting.pop()):
                return
            try:
                self._send(chunk)
            except BaseException:
                self.waiting.append(chunk)
                raise

    def _next_chunk(
        self, feed: Iterator[Submission], chunk: list[LockedSubmission]
    ) -> Iterator[Step]:
        for submission in feed:
            taken = self.queue.take(submission)
            if isinstance(taken, Step):
                yield taken
                continue
            chunk.append(taken)
            if len(chunk) == (1 if self.timed else CHUNK):
                return

    def _send(self, chunk: list[LockedSubmission]) -> None:
        future = self.connection.client.submit(
            grade_chunk,
            Chunk(tuple(locked.item for locked in chunk), self.timed),
            self.connection.identity,
            self.fleet.judge_factory,
            resources={TIMING: 1} if self.timed else None,
            workers=list(self.workers) or None,
            pure=False,
        )
        self.running[future] = chunk

    def _receive(self) -> Iterator[Step]:
        """Wait for at least one chunk and enter its results."""
        with self.connection.client.as_current():
            done = wait(list(self.running), return_when="FIRST_COMPLETED").done
        for future in done:
            yield from self._handle(future)

    def _reconnect(self, error: BaseException) -> None:
        """Requeue the chunks whose results were lost, then reconnect."""
        self.waiting += self.running.values()
        self.running.clear()
        self.connection.renew(error)

    def _handle(self, future: Future) -> Iterator[Step]:
        try:
            result = future.result()
        except KilledWorker:
            yield from self._isolate(self.running.pop(future))
            return
        except UnpicklingError:
            result = {}
        chunk = self.running.pop(future)
        # Release the result before entering it: Dask would grade it again if the worker that holds it died.
        future.release()
        self.connection.renewals = 0
        yield from self._enter(chunk, reports(result, chunk))

    def _enter(
        self, chunk: list[LockedSubmission], received: list[Report | None]
    ) -> Iterator[Step]:
        for locked, report in zip(chunk, received, strict=True):
            if report is None:
                yield self.queue.give_up(locked, INVALID)
                continue
            entered = self.queue.enter(locked, report)
            if isinstance(entered, LockedSubmission):
                self.waiting.append([entered])
            else:
                yield entered

    def _isolate(self, chunk: list[LockedSubmission]) -> Iterator[Step]:
        """Retry a chunk that killed workers one by one; a submission that does so alone is not graded."""
        if len(chunk) > 1:
            self.waiting += [[locked] for locked in chunk]
        else:
            yield self.queue.give_up(chunk[0], FRAGILE)

    def _count_workers(self) -> int:
        """Return the number of workers for this kind of work. Raises FleetError if there never was one."""
        client = self.connection.client
        if client.status != "running":
            raise ConnectionError("The scheduler is lost.")
        number = len(timing_workers(client) if self.timed else client.nthreads())
        if not number and not self.n_workers:
            raise FleetError(
                "No worker takes timed work: run `under500 prepare` on a machine, and restart its worker."
                if self.timed
                else "There is no worker: start one, and run the same command again."
            )
        return number


def reports(result: object, chunk: Sequence[LockedSubmission]) -> list[Report | None]:
    """Return the reports in a worker's result, None for each that is not a report on its submission.

    Raises FleetError if the worker refused to grade.
    """
    try:
        refused, records = str(result.get("refused", "")), list(result.get("records", ()))
    except (AttributeError, TypeError):
        refused, records = "", []
    if refused:
        raise FleetError(refused)
    records += [None] * (len(chunk) - len(records))
    return [locked.report(record) for locked, record in zip(chunk, records, strict=False)]


def needs_whole_machine(name: str) -> bool:
    """Return True if grading the lab is timed, or loads models that fill a machine."""
    limits = thresholds(name)
    return limits.bar is not None or limits.models


def _is_undecided(step: Step) -> bool:
    return step.state is State.GRADED and step.record is not None and step.record.report.queued
