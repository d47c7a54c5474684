"""The course's side of a fleet: decides which submissions to grade, locks and packs them, enters results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from grader.course import records
from grader.course.course import Submission
from grader.course.grade_class import Batch, Snapshot, State, Step, judge_submission
from grader.course.merge_submission import refused
from grader.course.records import Record
from grader.fleet.worker import Item, result_paths, saved_result
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError
from grader.grading.referee import unreadable
from grader.grading.report import CellError, Mark, Report, from_json, not_graded

# No honest value comes near. Python writes no whole number of more than 4,300 digits, and a page has limits;
# the longest report, on 1,000 cells that fail, has 600,000 characters.
LEAST_MS, MOST_MS = 1e-3, 1e9
MOST_ANSWERS, MOST_ENTRIES, MOST_CHARS = 10**9, 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class LockedSubmission:
    """A submission that this run holds the lock of, until `stack` is closed.

    `problem` is the reason why its old marks could not be deleted, or "".
    """

    snapshot: Snapshot
    item: Item
    problem: str
    stack: ExitStack

    def report(self, record: object) -> Report | None:
        """Return the report in a worker's record, or None if it is not one on this submission."""
        try:
            report = from_json(record["report"])
            same = record["digest"] == self.item.digest
        except Exception:  # it may contain anything
            return None
        return report if same and is_report_on(self.snapshot, report) else None


@dataclass(frozen=True)
class SubmissionQueue:
    """The queue between course and workers. Nothing else in a fleet writes to the course."""

    batch: Batch

    def take(self, submission: Submission) -> Step | LockedSubmission:
        """Lock a submission that must be graded; return its step if there is nothing to grade."""
        stack = ExitStack()
        if not stack.enter_context(self.batch.locked(submission)):
            return Step(submission, State.ELSEWHERE, None)
        taken = self._prepare(submission, stack)
        if isinstance(taken, Step):
            stack.close()
        return taken

    def enter(self, locked: LockedSubmission, report: Report) -> Step | LockedSubmission:
        """Enter a report and return the step.

        If the learner submitted again in the meantime, return the submission to be graded once more.
        """
        submission = locked.snapshot.submission
        if self.batch.snapshot(submission).digest != locked.snapshot.digest:
            again = self._prepare(submission, locked.stack)
            if isinstance(again, Step):
                locked.stack.close()
            return again
        with locked.stack:
            return self._finish(locked, report)

    def give_up(self, locked: LockedSubmission, reason: str) -> Step:
        """Return the step of a submission that cannot be graded: no points, which is not zero points."""
        snapshot = locked.snapshot
        name = snapshot.submission.lab
        grades = lab(name, snapshot.released).grades.values()
        report = not_graded(name, ((grade.id, grade.points) for grade in grades), reason)
        with locked.stack:
            return self._finish(locked, report)

    def _prepare(self, submission: Submission, stack: ExitStack) -> Step | LockedSubmission:
        snapshot = self.batch.snapshot(submission)
        if step := self.batch.unchanged(snapshot) or self._saved(snapshot):
            return step
        problem = self.batch.clear(snapshot)
        try:
            notebook = snapshot.merged()
        except NotebookError as error:  # this verdict needs no worker
            report = unreadable(lab(submission.lab, snapshot.released), error)
            return self.batch.finish(snapshot, refused(snapshot.released), report, problem)
        item = self._item(snapshot, notebook)
        with suppress(OSError):  # on a full disk, workers save results elsewhere
            Path(item.result).parent.mkdir(parents=True, exist_ok=True)
        # Only if old results do not count: otherwise a worker may be writing this result now.
        if self.batch.again or self.batch.queued:
            _delete_results(item)
        return LockedSubmission(snapshot, item, problem, stack)

    def _saved(self, snapshot: Snapshot) -> Step | None:
        """Enter a result that an interrupted run graded but did not enter."""
        item = self._item(snapshot, {})
        if self.batch.again or self.batch.queued or not (saved := saved_result(item)):
            return None
        if not is_report_on(snapshot, saved.report):
            return None
        locked = LockedSubmission(snapshot, item, self.batch.clear(snapshot), ExitStack())
        return replace(self._finish(locked, saved.report), state=State.ENTERED)

    def _finish(self, locked: LockedSubmission, report: Report) -> Step:
        judged = judge_submission(locked.snapshot, lambda *_: report)
        step = self.batch.finish(locked.snapshot, *judged, locked.problem)
        submission = step.submission
        if records.read(self.batch.course.record(submission.student, submission.lab)):
            _delete_results(locked.item)
        else:  # the record was not written: save the report on this machine
            with suppress(records.DiskError):
                record = Record(locked.snapshot.digest, report, entered=False)
                records.write(result_paths(locked.item)[-1], record)
        return step

    def _item(self, snapshot: Snapshot, notebook: dict) -> Item:
        submission = snapshot.submission
        folder = self.batch.course.record(submission.student, submission.lab).parent
        result = (folder / "results" / f"{submission.student}.json").resolve()
        texts = json.dumps(snapshot.released), json.dumps(notebook)
        return Item(submission.lab, snapshot.digest, *texts, str(result))


def is_report_on(snapshot: Snapshot, report: Report) -> bool:
    """Return True if a report, which may come from anywhere, has the marks of the submission's lab."""
    name = snapshot.submission.lab
    grades = [(grade.id, grade.points) for grade in lab(name, snapshot.released).grades.values()]
    given = [(mark.id, mark.out_of) for mark in report.marks]
    try:
        valid = all(map(_is_valid, report.marks)) and _are_errors(report.errors)
        short = sum(map(len, _texts(report))) < MOST_CHARS
    except (TypeError, ValueError):
        return False
    return valid and short and report.lab == name and given == grades


def _is_valid(mark: Mark) -> bool:
    """Return True if a mark's values are in their ranges. Raises TypeError or ValueError for other types."""
    points = mark.points is None or 0 <= mark.points <= mark.out_of  # False for NaN
    times = len(mark.pairs) <= MOST_ENTRIES and all(
        LEAST_MS < learner < MOST_MS and LEAST_MS < yardstick < MOST_MS
        for learner, yardstick in mark.pairs
    )
    right, n = mark.right or (0, 0)
    counts = isinstance(right, int) and isinstance(n, int) and 0 <= right <= n < MOST_ANSWERS
    return points and times and counts and isinstance(mark.queued, bool)


def _are_errors(errors: tuple[CellError, ...]) -> bool:
    return len(errors) <= MOST_ENTRIES and all(isinstance(error.own, bool) for error in errors)


def _texts(report: Report) -> Iterator[str]:
    """Yield what a person reads of a report. Raises TypeError for what is no text."""
    errors = chain.from_iterable((error.cell, error.error) for error in report.errors)
    for value in chain([report.no_jail], (mark.reason for mark in report.marks), errors):
        if not isinstance(value, str):
            raise TypeError
        yield value


def _delete_results(item: Item) -> None:
    for path in result_paths(item):
        with suppress(OSError):
            path.unlink(missing_ok=True)
