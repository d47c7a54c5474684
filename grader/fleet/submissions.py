"""What a fleet does with one submission: decides whether to grade it, locks, packs and enters it."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course import records
from grader.course.course import Work
from grader.course.grade_class import Batch, Order, State, Step, judged
from grader.course.merge_submission import merged
from grader.course.records import Record
from grader.fleet.worker import Item, kept, places
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError, read
from grader.grading.report import Report, not_graded


@dataclass(frozen=True, slots=True)
class LockedSubmission:
    """A submission that this run has in hand, until `stack` is closed. problem: old marks are still in."""

    order: Order
    item: Item
    problem: str
    stack: ExitStack


@dataclass(frozen=True)
class SubmissionQueue:
    """Where submissions go out and reports come in; the only one that writes to the course."""

    batch: Batch

    def taken(self, work: Work) -> Step | LockedSubmission:
        """What is to be sent, or its step when there is nothing to send."""
        stack = ExitStack()
        if not stack.enter_context(self.batch.locked(work)):
            return Step(work, State.ELSEWHERE, None)
        found = self._opened(work, stack)
        if isinstance(found, Step):
            stack.close()
        return found

    def entered(self, locked: LockedSubmission, found: Report) -> Step | LockedSubmission:
        """The step of what has been graded; what was handed in anew meanwhile is to be sent again."""
        if self.batch.order(locked.order.work).digest != locked.order.digest:
            again = self._opened(locked.order.work, locked.stack)
            if isinstance(again, LockedSubmission):
                return again
            locked.stack.close()
            return again
        with locked.stack:
            return self._merged(locked, found)

    def given_up(self, locked: LockedSubmission, why: str) -> Step:
        """The step of what cannot be graded: no points, which is not zero, and the reason."""
        order = locked.order
        grades = lab(order.work.lab, order.released).grades.values()
        found = not_graded(order.work.lab, ((one.id, one.points) for one in grades), why)
        with locked.stack:
            return self._merged(locked, found)

    def _opened(self, work: Work, stack: ExitStack) -> Step | LockedSubmission:
        order = self.batch.order(work)
        if step := self.batch.settled(order) or self._known(order):
            return step
        problem = self.batch.cleared(order)
        try:
            notebook = merged(order.released, read(work.path), work.lab)
        except NotebookError:  # a verdict, too, and no worker is needed for it
            return self.batch.finished(order, *_judged(order, None), problem)
        item = self._item(order, notebook)
        with suppress(OSError):  # on a full disk the results are elsewhere
            Path(item.result).parent.mkdir(parents=True, exist_ok=True)
        if self.batch.again or self.batch.queued:  # else there is none, or it is being written now
            _forget(item)
        return LockedSubmission(order, item, problem, stack)

    def _known(self, order: Order) -> Step | None:
        """Graded by a run that was stopped before it could enter it."""
        item = self._item(order, {})
        if self.batch.again or self.batch.queued or not (found := kept(item)):
            return None
        locked = LockedSubmission(order, item, self.batch.cleared(order), ExitStack())
        return replace(self._merged(locked, found.report), state=State.ENTERED)

    def _merged(self, locked: LockedSubmission, found: Report) -> Step:
        step = self.batch.finished(locked.order, *_judged(locked.order, found), locked.problem)
        if records.read(self.batch.course.record(step.work.student, step.work.lab)):
            _forget(locked.item)
        else:  # nowhere but in our hands: it must survive us
            with suppress(records.DiskError):
                records.write(places(locked.item)[-1], Record(locked.order.digest, found, False))
        return step

    def _result(self, work: Work) -> Path:
        """The file that workers keep a result in until it is entered, where they share the folder."""
        folder = self.batch.course.record(work.student, work.lab).parent
        return (folder / "results" / f"{work.student}.json").resolve()

    def _item(self, order: Order, notebook: dict) -> Item:
        texts = json.dumps(order.released), json.dumps(notebook)
        return Item(order.work.lab, order.digest, *texts, str(self._result(order.work)))


def _forget(item: Item) -> None:
    for path in places(item):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _judged(order: Order, found: Report | None) -> tuple:
    wanted = lab(order.work.lab, order.released)
    return judged(wanted, order.released, order.work, lambda *_: found)
