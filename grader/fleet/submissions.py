"""What a fleet does with one submission: decides whether to grade it, locks, packs and enters it."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course import records
from grader.course.course import Work
from grader.course.grade_class import Batch, Order, State, Step, judged
from grader.course.merge_submission import restored
from grader.course.records import Record
from grader.fleet.worker import Item, kept, places
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError, read
from grader.grading.report import Report, not_graded


@dataclass(frozen=True, slots=True)
class Held:
    """A submission that this run has in hand, until `stack` is closed. problem: old marks are still in."""

    order: Order
    item: Item
    problem: str
    stack: ExitStack


@dataclass(frozen=True)
class Desk:
    """Where submissions go out and reports come in; the only one that writes to the course."""

    batch: Batch

    def taken(self, work: Work) -> Step | Held:
        """What is to be sent, or its step when there is nothing to send."""
        stack = ExitStack()
        if not stack.enter_context(self.batch.held(work)):
            return Step(work, State.ELSEWHERE, None)
        found = self._opened(work, stack)
        if isinstance(found, Step):
            stack.close()
        return found

    def entered(self, held: Held, found: Report) -> Step | Held:
        """The step of what has been graded; what was handed in anew meanwhile is to be sent again."""
        if self.batch.order(held.order.work).digest != held.order.digest:
            again = self._opened(held.order.work, held.stack)
            if isinstance(again, Held):
                return again
            held.stack.close()
            return again
        with held.stack:
            return self._merged(held, found)

    def given_up(self, held: Held, why: str) -> Step:
        """The step of what cannot be graded: no points, which is not zero, and the reason."""
        order = held.order
        grades = lab(order.work.lab, order.released).grades.values()
        found = not_graded(order.work.lab, ((one.id, one.points) for one in grades), why)
        with held.stack:
            return self._merged(held, found)

    def _opened(self, work: Work, stack: ExitStack) -> Step | Held:
        order = self.batch.order(work)
        if step := self.batch.settled(order) or self._known(order):
            return step
        problem = self.batch.cleared(order)
        try:
            notebook = restored(order.released, read(work.path), work.lab)
        except NotebookError:  # a verdict, too, and no worker is needed for it
            return self.batch.finished(order, *_judged(order, None), problem)
        item = self._item(order, notebook)
        with suppress(OSError):  # on a full disk the results are elsewhere
            Path(item.result).parent.mkdir(parents=True, exist_ok=True)
        if self.batch.again or self.batch.queued:  # else there is none, or it is being written now
            _forget(item)
        return Held(order, item, problem, stack)

    def _known(self, order: Order) -> Step | None:
        """Graded by a run that was stopped before it could enter it."""
        item = self._item(order, {})
        if self.batch.again or self.batch.queued or not (found := kept(item)):
            return None
        held = Held(order, item, self.batch.cleared(order), ExitStack())
        return replace(self._merged(held, found.report), state=State.ENTERED)

    def _merged(self, held: Held, found: Report) -> Step:
        step = self.batch.finished(held.order, *_judged(held.order, found), held.problem)
        if records.read(self.batch.course.record(step.work.student, step.work.lab)):
            _forget(held.item)
        else:  # nowhere but in our hands: it must survive us
            with suppress(records.DiskError):
                records.write(places(held.item)[-1], Record(held.order.digest, found, False))
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
