"""Grading of a class one submission at a time, so that a problem with one never stops the next.

Each submission takes these steps: delete old scores, run the referee, write the autograded notebook, the
scores and the feedback page, and write the record last. A record therefore means that everything else is
done, and a run that is killed at any point repeats only the unfinished submission.

Several graders may work on one course: each skips a submission that another has locked.
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
from grader.course.course import Course, Submission
from grader.course.feedback import page
from grader.course.handed_in import HandedIn
from grader.course.merge_submission import merged, refused, with_marks
from grader.course.records import Record
from grader.grading.lab import Lab, lab
from grader.grading.notebook import NotebookError
from grader.grading.referee import grade, unreadable
from grader.grading.report import Report, not_graded
from harness.errors import PlainError

Judge = Callable[[Lab, NotebookNode], Report]
log = logging.getLogger(__name__)


class State(StrEnum):
    """What a run did with a submission."""

    GRADED = "graded"
    KEPT = "kept"  # unchanged since it was graded
    ENTERED = "entered"  # graded in an earlier run, entered in the gradebook in this one
    ELSEWHERE = "elsewhere"  # locked by another grader


@dataclass(frozen=True, slots=True)
class Step:
    """The result for one submission of a batch. `record` is None only if another grader holds the lock."""

    submission: Submission
    state: State
    record: Record | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A submission: what was handed in, the released lab, and the digest of both."""

    submission: Submission
    released: NotebookNode
    handed_in: HandedIn
    digest: str

    def merged(self) -> NotebookNode:
        """Return the notebook to grade. Raises NotebookError if it is not a notebook of the lab."""
        return merged(self.released, self.handed_in.notebook(), self.submission.lab)


@dataclass(frozen=True)
class Batch:
    """The settings for grading a class.

    `again` also grades what has not changed; `queued` grades only what waits for a quiet machine.
    """

    course: Course
    judge: Judge = grade
    again: bool = False
    queued: bool = False

    def select(self, submissions: Iterable[Submission]) -> list[Submission]:
        """Return the submissions that this run grades."""
        return [s for s in submissions if not self.queued or self._is_queued(s)]

    def run(self, submissions: Iterable[Submission]) -> Iterator[Step]:
        """Yield one step for each submission, in order.

        Raises CourseError or LabError, because without a valid course and lab nothing can be graded.
        """
        yield from map(self._run, submissions)

    def _run(self, submission: Submission) -> Step:
        with self.locked(submission) as acquired:
            if not acquired:
                return Step(submission, State.ELSEWHERE, None)
            snapshot = self.snapshot(submission)
            return self.unchanged(snapshot) or self._grade(snapshot)

    @contextmanager
    def locked(self, submission: Submission) -> Iterator[bool]:
        """Lock the submission for the duration of the block; yields False if another grader holds it.

        Raises DiskError if the lock file cannot be created.
        """
        path = self.course.record(submission.student, submission.lab)
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
            raise records.disk_error(path, error) from error

    def _is_queued(self, submission: Submission) -> bool:
        record = records.read(self.course.record(submission.student, submission.lab))
        return record is not None and record.report.queued

    def snapshot(self, submission: Submission) -> Snapshot:
        """Return the current state of a submission and its lab. Raises CourseError."""
        released = self.course.released(submission.lab)
        handed_in = self.course.handed_in(submission)
        return Snapshot(submission, released, handed_in, records.digest(handed_in, released))

    def unchanged(self, snapshot: Snapshot) -> Step | None:
        """Return the step of a submission that has not changed since it was graded, else None.

        A report that is not in the gradebook yet is entered now. If grading failed, it was not graded.
        """
        submission = snapshot.submission
        record = records.read(self.course.record(submission.student, submission.lab))
        if not record or record.digest != snapshot.digest or self.again or self.queued:
            return None
        if record.report.failed:
            return None
        if record.entered:
            return Step(submission, State.KEPT, record)
        return Step(submission, State.ENTERED, self._record(snapshot, record.report))

    def _grade(self, snapshot: Snapshot) -> Step:
        problem = self.clear(snapshot)
        notebook, report = judge_submission(snapshot, self.judge)
        return self.finish(snapshot, notebook, report, problem)

    def clear(self, snapshot: Snapshot) -> str:
        """Delete the results of earlier runs. Returns the reason if that fails, else ""."""
        course, submission = self.course, snapshot.submission
        student, name = submission.student, submission.lab
        problems = [self._try(records.forget, course.record(student, name))]
        problems += [self._try(gradebook.register, course, name)]
        problems += [self._try(gradebook.expire, course, student, name)]
        return next(filter(None, problems), "")

    def finish(
        self, snapshot: Snapshot, notebook: NotebookNode, report: Report, problem: str = ""
    ) -> Step:
        """Write the graded notebook, scores, feedback page and record, and return the step.

        `notebook` is the merged notebook. `problem` comes from `clear`, which is repeated first if it failed.
        """
        submission = snapshot.submission
        problems = [self.clear(snapshot)] if problem else []
        text = nbformat.writes(with_marks(notebook, report))
        path = self.course.autograded(submission.student, submission.lab)
        problems += [self._try(records.write_atomically, path, text)]
        files = gradebook.exchange_files(self.course, submission.student, submission.lab)
        for name, content in files.items():
            problems += [self._try(records.write_atomically, path.with_name(name), content)]
        problem = next(filter(None, problems), "")
        return Step(submission, State.GRADED, self._record(snapshot, report, problem))

    def _record(self, snapshot: Snapshot, report: Report, problem: str = "") -> Record:
        """Enter the scores, then write the record; returns it with the first problem as its note."""
        submission, digest = snapshot.submission, snapshot.digest
        problem = problem or self._try(self._enter, submission, report)
        note = problem or submission.remark
        record = Record(digest, report, entered=not problem, note=note)
        path = self.course.record(submission.student, submission.lab)
        write_problem = self._try(records.write, path, record)
        entered = not problem and not write_problem
        return Record(digest, report, entered, problem or write_problem or submission.remark)

    def _enter(self, submission: Submission, report: Report) -> None:
        course, student, name = self.course, submission.student, submission.lab
        gradebook.register(course, name)
        gradebook.expire(course, student, name)
        gradebook.save(course, student, report)
        if gradebook.timestamp(course, student, name):
            gradebook.penalise(course, student, name)
        notebook = nbformat.read(course.autograded(student, name), as_version=4)
        path = course.feedback(student, name)
        entries = gradebook.entries(course, student, name)
        records.write_atomically(path, page(notebook, entries))
        for file, content in gradebook.exchange_files(course, student, name).items():
            records.write_atomically(path.with_name(file), content)

    @staticmethod
    def _try(action: Callable[..., None], *arguments: object) -> str:
        """Call `action` and return why it failed, or ""."""
        try:
            action(*arguments)
        except PlainError as error:
            return str(error)
        except Exception as error:  # must not stop the class; the log gets the traceback
            log.info("%s", arguments, exc_info=True)
            return f"{type(error).__name__}: {error}"
        return ""


def judge_submission(snapshot: Snapshot, judge: Judge = grade) -> tuple[NotebookNode, Report]:
    """Return the merged notebook and the report on it, whatever was submitted. Raises LabError only."""
    submission, released = snapshot.submission, snapshot.released
    graded_lab = lab(submission.lab, released)
    try:
        notebook = snapshot.merged()
    except NotebookError as error:
        return refused(released), unreadable(graded_lab, error)
    return notebook, judge_notebook(graded_lab, notebook, judge)


def judge_notebook(lab: Lab, notebook: NotebookNode, judge: Judge) -> Report:
    """Return the report on a merged notebook. If the judge itself fails, nothing is graded: no zeros."""
    try:
        return judge(lab, notebook)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # exceeding an output or time limit raises a BaseException
        log.info("%s", lab.name, exc_info=True)
        grades = ((grade.id, grade.points) for grade in lab.grades.values())
        reason = f"The grader failed, not you ({type(error).__name__})."
        return not_graded(lab.name, grades, reason)
