"""Grading of a class with many workers.

Dask finds workers, notices lost ones and gives their chunks to others. This package adds what Dask cannot
know: which submissions are graded already, which another grader holds, what to do when the scheduler itself
is lost, and how long to wait for it. What the workers do not grade, this process does. In every case a
submission is entered from exactly one result, made from its current file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from grader.course.course import Submission
from grader.course.grade_class import Batch, State, Step
from grader.fleet.cluster import FleetError, timing_workers
from grader.fleet.noise import MachineNoise, measure_all
from grader.fleet.round import INVALID, Round, Ungraded, reports
from grader.fleet.scheduler_connection import LOST, Connect, Connection
from grader.fleet.submissions import LockedSubmission, SubmissionQueue
from grader.fleet.worker import Chunk, JudgeFactory, RefereeFactory, grade_chunk, identity
from grader.thresholds import thresholds

REFEREES = RefereeFactory()
NAMED = 12  # submissions in a message


@dataclass(frozen=True)
class Fleet:
    """A batch graded by many workers.

    `connect` makes the client, and is called again after the scheduler was lost.
    """

    batch: Batch
    connect: Connect
    judge_factory: JudgeFactory = REFEREES
    say: Callable[[str], None] = print
    ungraded: Ungraded = field(default_factory=Ungraded)

    def run(self, submissions: Iterable[Submission]) -> Iterator[Step]:
        """Yield one step for each submission as it is finished.

        Correctness labs come first and fill the cores. Labs that need a machine for themselves follow. What
        stays undecided is then timed once more on the quietest machine. What the workers did not grade is
        graded in this process at the end.

        Raises FleetError, which names what is still open, CourseError or LabError.
        """
        still_open = dict.fromkeys(submissions)
        try:
            for step in self._steps(list(still_open)):
                still_open.pop(step.submission, None)
                yield step
        except FleetError as error:
            raise FleetError(f"{error} Still open: {_names(still_open)}.") from error
        finally:
            self.ungraded.release()

    def _steps(self, submissions: list[Submission]) -> Iterator[Step]:
        """Grade with the workers, then without them: also if they have failed."""
        try:
            yield from self._with_workers(submissions)
        except FleetError:
            yield from self._here()
            raise
        yield from self._here()

    def _with_workers(self, submissions: list[Submission]) -> Iterator[Step]:
        timed, untimed = [], []
        for submission in submissions:
            (timed if needs_whole_machine(submission.lab) else untimed).append(submission)
        with Connection(self.connect, self.say) as connection:
            yield from self._round(connection, untimed).steps()
            machines = self._machines(connection) if timed else []
            undecided: list[Submission] = []
            for step in self._round(connection, timed, timed=True).steps():
                if _is_undecided(step) and machines:
                    undecided.append(step.submission)
                else:
                    yield step
            if undecided:
                yield from self._time_again(connection, undecided, machines)

    def _round(
        self,
        connection: Connection,
        submissions: list[Submission],
        timed: bool = False,
        workers: tuple[str, ...] = (),
    ) -> Round:
        factory, ungraded = self.judge_factory, self.ungraded
        return Round(self.queue, connection, factory, submissions, ungraded, timed, workers)

    @property
    def queue(self) -> SubmissionQueue:
        """Return the queue between course and workers."""
        return SubmissionQueue(self.batch)

    def _machines(self, connection: Connection) -> list[MachineNoise]:
        """Measure the noise of each machine if there are several, and if the scheduler answers."""
        machines: list[MachineNoise] = []
        with suppress(*LOST):  # the next round reconnects
            if len(addresses := timing_workers(connection.client)) > 1:
                machines = measure_all(connection.client, addresses)
        for machine in machines:
            self.say(str(machine))
        return machines

    def _time_again(
        self, connection: Connection, submissions: list[Submission], machines: list[MachineNoise]
    ) -> Iterator[Step]:
        best = min(machines, key=lambda machine: machine.noise)
        self.say(
            f"Timing {len(submissions)} undecided again on the quietest machine: {best.address}"
        )
        fleet = replace(self, batch=replace(self.batch, again=True))
        workers = (best.address,)
        yield from fleet._round(connection, submissions, timed=True, workers=workers).steps()

    def _here(self) -> Iterator[Step]:
        """Grade in this process what the workers did not, after the connection to them is closed."""
        left = self.ungraded.submissions
        if left:
            names = _names(locked.snapshot.submission for locked in left)
            why = "; ".join(self.ungraded.reasons)
            self.say(f"The workers did not grade {names}: {why}. This process grades them now.")
        while left:
            graded = self._graded_here(
                left[0]
            )  # in the list until it is entered: its lock is closed
            if isinstance(graded, LockedSubmission):  # it was submitted again in the meantime
                left[0] = graded
            else:
                del left[0]
                yield graded

    def _graded_here(self, locked: LockedSubmission) -> Step | LockedSubmission:
        chunk = Chunk((locked.item,), needs_whole_machine(locked.item.lab))
        [report] = reports(grade_chunk(chunk, identity(), self.judge_factory), [locked])
        if report is None:
            return self.queue.give_up(locked, INVALID)
        return self.queue.enter(locked, report)


def needs_whole_machine(name: str) -> bool:
    """Return True if grading the lab is timed, or loads models that fill a machine."""
    limits = thresholds(name)
    return limits.bar is not None or limits.models


def _is_undecided(step: Step) -> bool:
    return step.state is State.GRADED and step.record is not None and step.record.report.queued


def _names(submissions: Iterable[Submission]) -> str:
    """Return the first NAMED submissions, and how many more there are."""
    names = [f"{submission.student} ({submission.lab})" for submission in submissions]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
