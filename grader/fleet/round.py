"""One round of a class through the workers: chunks go out, results come back and are entered.

What no worker takes or returns is handed over as ungraded after a time limit, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from distributed import Future

from grader.course.course import Submission
from grader.course.grade_class import Step
from grader.fleet.cluster import TIMING, FleetError, timing_workers
from grader.fleet.in_worker import answer, in_worker, packed
from grader.fleet.scheduler_client import LONGEST_TEXT, failure, is_lost_worker
from grader.fleet.scheduler_connection import LOST, RENEWALS, Connection
from grader.fleet.submissions import LockedSubmission, SubmissionQueue
from grader.fleet.worker import CORES_S, Chunk, JudgeFactory, grade_chunk
from grader.grading.report import Report

CHUNK = 4  # submissions: the most that a lost worker loses, and at least a second of work
AHEAD = 2  # chunks per worker: one in progress, and one so that it need not wait for the next
LOOK_S = 15.0  # without a result; then the scheduler is asked what it does
UNKNOWN = 2  # looks at a task that the scheduler does not know: the first may be too early
NOBODY_S = 600.0  # without a worker; a machine that restarts has joined again by then
# For a result: two chunks, each of which may wait for the machine and then take hours.
RESULT_S = 6 * CORES_S
INVALID = "The grader failed, not you: a worker's answer was not a report on this submission."
FRAGILE = "The grader failed, not you: several workers ended while they graded it."


@dataclass
class Task:
    """A chunk at the scheduler, since `sent` (monotonic, in s); `looks` at it have found nothing in a row.

    alone: nothing else was at the scheduler when it was sent.
    """

    chunk: list[LockedSubmission]
    alone: bool = False
    sent: float = field(default_factory=time.monotonic)
    idle_since: float | None = None
    looks: int = 0

    def given_up(self, state: str | None) -> str:
        """Return why this task must be given up in this state, or ""."""
        now = time.monotonic()
        self.looks = self.looks + 1 if state is None else 0
        self.idle_since = (self.idle_since or now) if state == "no-worker" else None
        if self.looks >= UNKNOWN:
            return "the scheduler does not know its task"
        if self.idle_since is not None and now - self.idle_since >= NOBODY_S:
            return f"no worker has taken it for {NOBODY_S / 60:.0f} min"
        if now - self.sent >= RESULT_S:
            return f"there was no result for {RESULT_S / 3600:.0f} h"
        return ""


@dataclass
class Ungraded:
    """Submissions that the workers did not grade, still locked, and the reasons."""

    submissions: list[LockedSubmission] = field(default_factory=list)
    reasons: dict[str, None] = field(default_factory=dict)

    def add(self, chunk: Iterable[LockedSubmission], reason: str) -> None:
        """Add a chunk."""
        self.submissions += chunk
        self.reasons[reason] = None

    def release(self) -> None:
        """Release all locks, and forget what is still here."""
        for locked in self.submissions:
            locked.stack.close()
        self.submissions.clear()
        self.reasons.clear()


@dataclass
class Round:
    """Submissions of one kind, timed or untimed, on their way through the workers.

    `workers` limits the round to these addresses; () means all. `n_workers` is the most seen so far.
    """

    queue: SubmissionQueue
    connection: Connection
    judge_factory: JudgeFactory
    submissions: list[Submission]
    ungraded: Ungraded
    timed: bool = False
    workers: tuple[str, ...] = ()
    running: dict[Future, Task] = field(default_factory=dict)
    waiting: list[list[LockedSubmission]] = field(default_factory=list)
    suspects: list[LockedSubmission] = field(default_factory=list)
    n_workers: int = 0
    refusals: int = 0

    def steps(self) -> Iterator[Step]:
        """Yield the steps of all submissions but those that are handed over as ungraded."""
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
            running = (task.chunk for task in self.running.values())
            for locked in chain(*running, *self.waiting, self.suspects):
                locked.stack.close()

    def _fill(self, feed: Iterator[Submission]) -> Iterator[Step]:
        """Send chunks until each worker has enough; yield the steps of submissions that need no worker."""
        if self.submissions:
            self.n_workers = max(self.n_workers, self._count_workers())
        while len(self.running) < AHEAD * self.n_workers:
            if not self.waiting:
                self.waiting.append([])
                yield from self._next_chunk(feed, self.waiting[-1])
            if not (chunk := self.waiting.pop()):
                if self.suspects and not self.running:
                    self._send([self.suspects[-1]], alone=True)
                    self.suspects.pop()
                return
            if self.refusals > RENEWALS:
                self.ungraded.add(chunk, "the scheduler takes no task")
                continue
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

    def _send(self, chunk: list[LockedSubmission], alone: bool = False) -> None:
        sent = Chunk(tuple(locked.item for locked in chunk), self.timed)
        future = self.connection.client.submit(
            in_worker,
            packed(grade_chunk, sent, self.connection.identity, self.judge_factory),
            resources={TIMING: 1} if self.timed else None,
            workers=list(self.workers) or None,
            pure=False,
        )
        self.running[future] = Task(chunk, alone)

    def _receive(self) -> Iterator[Step]:
        """Wait for at least one chunk, but no longer than LOOK_S, and enter its results."""
        done = self.connection.client.ended(self.running, LOOK_S)
        for future in done:
            yield from self._handle(future)
        if not done:
            self._look()

    def _look(self) -> None:
        """Give up tasks that the scheduler has lost, or that no worker takes or returns."""
        for future, state in self.connection.client.states(self.running).items():
            if reason := self.running[future].given_up(state):
                self._refuse(future, reason)

    def _refuse(self, future: Future, reason: str) -> None:
        self.refusals += 1
        self.ungraded.add(self.running.pop(future).chunk, reason)
        future.cancel()

    def _reconnect(self, error: BaseException) -> None:
        """Requeue the chunks whose results were lost, then reconnect."""
        self.waiting += (task.chunk for task in self.running.values())
        self.running.clear()
        self.connection.renew(error)

    def _handle(self, future: Future) -> Iterator[Step]:
        if future.status == "error":
            yield from self._failed(future, future.exception())
            return
        try:
            result = answer(future.result())
        except LOST:
            raise
        except Exception:  # an answer that cannot be read may raise anything
            result = None
        chunk = self.running.pop(future).chunk
        # Release the result before entering it: Dask would grade it again if the worker that holds it died.
        future.release()
        self.connection.renewals = self.refusals = 0
        yield from self._enter(chunk, reports(result, chunk))

    def _failed(self, future: Future, error: BaseException) -> Iterator[Step]:
        """Handle a task without a result. A worker never raises, so the fleet itself has failed."""
        if is_lost_worker(error):
            yield from self._isolate(self.running.pop(future))
        else:
            self._refuse(future, f"its task failed at the scheduler or a worker ({failure(error)})")

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

    def _isolate(self, task: Task) -> Iterator[Step]:
        """Retry one by one what was on a worker that ended; a submission that ends one alone is not graded.

        Dask blames all tasks that are on a worker when it ends, also those that wait behind the one at fault.
        """
        if task.alone:
            yield self.queue.give_up(task.chunk[0], FRAGILE)
        elif len(task.chunk) > 1:
            self.waiting += [[locked] for locked in task.chunk]
        else:
            self.suspects += task.chunk

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
    values = result if isinstance(result, dict) else {}
    refused, records = values.get("refused"), values.get("records")
    if isinstance(refused, str) and refused:
        raise FleetError(refused[:LONGEST_TEXT])
    records = records[: len(chunk)] if isinstance(records, list) else []
    records += [None] * (len(chunk) - len(records))
    return [locked.report(record) for locked, record in zip(chunk, records, strict=True)]
