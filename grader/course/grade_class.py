"""A class, one submission after the other: whatever happens with one, the next is graded.

Of each: old scores out, referee, autograded notebook, feedback page, scores in, and the record last. So a
record says that all the rest is done, and a run that is killed anywhere does the unfinished one again.
Several graders may share a course: a submission that another one has in hand is left to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode

from grader.course import gradebook, records
from grader.course.course import Course, Work
from grader.course.feedback import page
from grader.course.merge_submission import merged, refused, with_marks
from grader.course.records import Record
from grader.grading.lab import Lab, lab
from grader.grading.notebook import NotebookError, read
from grader.grading.referee import grade, unreadable
from grader.grading.report import Report, not_graded
from harness.errors import PlainError

Judge = Callable[[Lab, NotebookNode], Report]
log = logging.getLogger(__name__)


class State(StrEnum):
    """What happened to a submission in this run."""

    GRADED = "graded"
    KEPT = "kept"  # nothing has changed since it was graded
    ENTERED = "entered"  # graded before, and only now in the gradebook
    ELSEWHERE = "elsewhere"  # another grader is at it


@dataclass(frozen=True, slots=True)
class Step:
    """One submission of a batch. record: None only when another grader has it."""

    work: Work
    state: State
    record: Record | None


@dataclass(frozen=True, slots=True)
class Order:
    """A submission as it was when somebody looked at it: digest, of the file and of the lab as released."""

    work: Work
    released: NotebookNode
    digest: str


@dataclass(frozen=True)
class Batch:
    """How a class is graded.

    again: also what has not changed. queued: only what waits for a quiet machine.
    """

    course: Course
    judge: Judge = grade
    again: bool = False
    queued: bool = False

    def wanted(self, works: Iterable[Work]) -> list[Work]:
        """Those that this run is about."""
        return [work for work in works if not self.queued or self._waits(work)]

    def run(self, works: Iterable[Work]) -> Iterator[Step]:
        """One step for each, in order. Raises what makes grading pointless: CourseError, LabError."""
        yield from map(self._unless_elsewhere, works)

    def _unless_elsewhere(self, work: Work) -> Step:
        with self.held(work) as ours:
            return self._step(work) if ours else Step(work, State.ELSEWHERE, None)

    @contextmanager
    def held(self, work: Work) -> Iterator[bool]:
        """Nobody else's until the block ends; False when another grader has it. Raises DiskError."""
        path = self.course.record(work.student, work.lab)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path.with_name(f".{path.stem}.lock"))
            with suppress(Timeout):
                lock.acquire(timeout=0)
            try:
                yield lock.is_locked
            finally:
                lock.release()
        except OSError as error:
            raise records.told(path, error) from error

    def _waits(self, work: Work) -> bool:
        record = records.read(self.course.record(work.student, work.lab))
        return record is not None and record.report.queued

    def _step(self, work: Work) -> Step:
        order = self.order(work)
        return self.settled(order) or self._graded(order)

    def order(self, work: Work) -> Order:
        """What is to be graded now. Raises CourseError."""
        released = self.course.released(work.lab)
        return Order(work, released, records.digest(work.path, released))

    def settled(self, order: Order) -> Step | None:
        """The step of what needs no grading: it has not changed. None for everything else."""
        work = order.work
        before = records.read(self.course.record(work.student, work.lab))
        if not before or before.digest != order.digest or self.again or self.queued:
            return None
        if before.entered:
            return Step(work, State.KEPT, before)
        return Step(work, State.ENTERED, self._entered(work, before.report, order.digest))

    def _graded(self, order: Order) -> Step:
        work, problem = order.work, self.cleared(order)
        found = judged(lab(work.lab, order.released), order.released, work, self.judge)
        return self.finished(order, *found, problem)

    def cleared(self, order: Order) -> str:
        """What earlier runs gave taken out, before grading begins; why it could not be, or ""."""
        course, student, name = self.course, order.work.student, order.work.lab
        problems = [self._tried(records.forget, course.record(student, name))]
        problems += [self._tried(gradebook.register, course, name)]
        problems += [self._tried(gradebook.expire, course, student, name)]
        return next(filter(None, problems), "")

    def finished(
        self, order: Order, notebook: NotebookNode, report: Report, problem: str = ""
    ) -> Step:
        """The step of what was graded: notebook, scores, page and record written.

        notebook: restored. problem: from `cleared`; then it is tried again first.
        """
        work = order.work
        problems = [self.cleared(order)] if problem else []
        text = nbformat.writes(with_marks(notebook, report))
        path = self.course.autograded(work.student, work.lab)
        problems += [self._tried(records.written, path, text)]
        for name, said in gradebook.beside(self.course, work.student, work.lab).items():
            problems += [self._tried(records.written, path.with_name(name), said)]
        problem = next(filter(None, problems), "")
        return Step(work, State.GRADED, self._entered(work, report, order.digest, problem))

    def _entered(self, work: Work, report: Report, digest: str, problem: str = "") -> Record:
        """Scores in, page out, record written."""
        problem = problem or self._tried(self._enter, work, report)
        record = Record(digest, report, entered=not problem, note=problem)
        told = self._tried(records.write, self.course.record(work.student, work.lab), record)
        return Record(digest, report, entered=not (problem or told), note=problem or told)

    def _enter(self, work: Work, report: Report) -> None:
        gradebook.register(self.course, work.lab)
        gradebook.expire(self.course, work.student, work.lab)
        gradebook.save(self.course, work.student, report)
        if gradebook.stamped(self.course, work.student, work.lab):
            gradebook.penalise(self.course, work.student, work.lab)
        notebook = nbformat.read(self.course.autograded(work.student, work.lab), as_version=4)
        found = gradebook.entries(self.course, work.student, work.lab)
        path = self.course.feedback(work.student, work.lab)
        records.written(path, page(notebook, found))
        for name, said in gradebook.beside(self.course, work.student, work.lab).items():
            records.written(path.with_name(name), said)

    @staticmethod
    def _tried(action: Callable[..., None], *arguments: object) -> str:
        """Why it did not work, or ""."""
        try:
            action(*arguments)
        except PlainError as error:
            return str(error)
        except Exception as error:  # one submission, whatever it is; the log has the rest of it
            log.info("%s", arguments, exc_info=True)
            return f"{type(error).__name__}: {error}"
        return ""


def judged(
    wanted: Lab, released: NotebookNode, work: Work, judge: Judge = grade
) -> tuple[NotebookNode, Report]:
    """The restored notebook and the report on it, whatever was handed in. Raises nothing but an interrupt."""
    try:
        notebook = merged(released, read(work.path), work.lab)
    except NotebookError as error:
        return refused(released), unreadable(wanted, error)
    return notebook, refereed(wanted, notebook, judge)


def refereed(wanted: Lab, notebook: NotebookNode, judge: Judge) -> Report:
    """The report on a restored notebook; a mistake of ours is nobody's zero."""
    try:
        return judge(wanted, notebook)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # what stops a loud or endless function is no Exception
        log.info("%s", wanted.name, exc_info=True)
        grades = ((one.id, one.points) for one in wanted.grades.values())
        reason = f"The grader failed, not you ({type(error).__name__})."
        return not_graded(wanted.name, grades, reason)
