"""One run of grading: the cells of a submission in their process, each check at its place, in this one."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field

from nbformat import NotebookNode

from grader.exercise.exclusive import BusyError, exclusive
from grader.exercise.exercise import CheckFailed
from grader.exercise.fresh_cases import asking_about
from grader.exercise.randomness import seeded
from grader.exercise.yardstick_time import yardstick_takes
from grader.grading.lab import Grade, Lab
from grader.grading.notebook import code_cells
from grader.grading.report import CellError, Mark, Outcome, Report, scored
from grader.grading.speed_gate import EntryError, NoYardstickError, ReadyYardstick, paired_runs
from grader.grading.speed_mark import speed_mark
from grader.remote.framing import WorkerError
from grader.remote.session import Session
from grader.sandbox.processes import NotStoppedError
from grader.secret import seed
from grader.thresholds import Bar, Thresholds
from harness.errors import PlainError, readable
from harness.kb.products import SHIPPED, World

MAX_ERROR_CHARS = 500  # in a report, of an error whose text the learner may have written
MAX_VERDICT_CHARS = 2_000  # of what a check says: a check with parts has several messages


@dataclass
class GradingRun:
    """The state of one run of grading.

    deferred: (id, source) of measuring cells not run yet. used_s: seconds of exercises and of all other
    cells, each of which may use `limits.total_s`. own_cell_failed: True if a cell of the learner's raised.
    """

    lab: Lab
    limits: Thresholds
    learner: Session
    yardstick: ReadyYardstick | None
    seed: int
    world: World = SHIPPED
    marks: dict[str, Mark] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    deferred: list[tuple[str, str]] = field(default_factory=list)
    used_s: Counter[str] = field(default_factory=Counter)
    own_cell_failed: bool = False

    @property
    def may_need_models(self) -> bool:
        """Return True if points are missing and a cell of the learner raised.

        Most labs are graded in a second without the models: cells that measure fail, and no exercise needs
        their results. But a learner's answer may use them.
        """
        missing = any((mark.points or 0) < mark.out_of for mark in self.marks.values())
        return self.own_cell_failed and missing

    def report(self) -> Report:
        """Return the report. Call this after the learner's process has ended."""
        marks = tuple(self.marks[id_] for id_ in self.lab.grades)
        process = self.learner.process
        return Report(
            self.lab.name, marks, tuple(self.errors), process.started.note, process.tail.text()
        )

    def run(self, notebook: NotebookNode) -> None:
        """Run the cells up to the last check, each check at its place, and missing checks at the end.

        Of a copied check cell, the last copy's place counts.
        """
        cells = list(code_cells(notebook))
        last = {grade_id: place for place, (_, grade_id, _) in enumerate(cells)}
        for place, (id_, grade_id, source) in enumerate(cells):
            if len(self.marks) == len(self.lab.grades):
                return  # the remaining cells give no points
            if grade_id in self.lab.grades:
                if place == last[grade_id]:
                    self._mark(self.lab.grades[grade_id])
            else:
                self._cell(id_, source, exercise=grade_id in self.lab.ids)
        for grade in self.lab.grades.values():
            self._mark(grade)

    def _cell(self, id_: str, source: str, exercise: bool) -> None:
        if source.strip() in self.lab.checks:
            return  # a copy, which shows its result in the notebook and gives no points
        if source in self.lab.measures:
            self.deferred.append((id_, source))
        else:
            self._run_cell(id_, source, exercise)

    def _run_cell(self, id_: str, source: str, exercise: bool) -> None:
        error = self._try(source, exercise)
        if isinstance(error, NameError) and self.deferred:  # it may need names of a deferred cell
            deferred, self.deferred = self.deferred, []
            for cell in deferred:
                self._run_cell(*cell, exercise=False)
            error = self._try(source, exercise)
        if error is not None:
            own = source not in self.lab.sources and not isinstance(error, NotImplementedError)
            self.errors.append(CellError(id_, error_text(error), own))
            self.own_cell_failed = self.own_cell_failed or own

    def _try(self, source: str, exercise: bool) -> Exception | None:
        """Run a cell within its budget: a learner's own measurements use up none of the exercises' time."""
        budget = "exercises" if exercise else "other cells"
        limit_s = min(self.limits.cell_s, self.limits.total_s - self.used_s[budget])
        if limit_s <= 0:
            return TimeoutError(f"All {budget} together took more than {self.limits.total_s:g} s.")
        start_s = time.monotonic()
        try:
            self.learner.cell(source, limit_s)
        except Exception as error:  # a learner's cell may raise anything; the next ones still run
            return error
        finally:
            self.used_s[budget] += time.monotonic() - start_s
        return None

    def _mark(self, grade: Grade) -> None:
        if grade.id not in self.marks:
            bar = self.limits.bar
            timed = bar is not None and grade.id == bar.grade
            self.marks[grade.id] = self._timed(grade, bar) if timed else self._checked(grade)

    def _checked(self, grade: Grade) -> Mark:
        # Checks of a lab with models time files of the grader's own, before the learner's time begins.
        alone = exclusive() if self.limits.models else nullcontext()
        try:
            with alone:
                return self._judged(grade)
        except (OSError, BusyError) as error:
            return _not_graded(grade, error)

    def _judged(self, grade: Grade) -> Mark:
        printed = io.StringIO()
        self.learner.renew_limits(time.monotonic() + self.limits.check_s)
        try:
            with redirect_stdout(printed), self._inputs(grade):
                points = grade.run(self._value)
        except (WorkerError, NotStoppedError) as error:
            return _failed(grade, error)
        except PlainError as error:  # the grader's fault, such as a missing file
            return _not_graded(grade, error)
        except Exception as error:  # CheckFailed, or an unexpected value made the check itself fail
            return _failed(grade, error)
        finally:
            self.learner.renew_limits()
        said = readable(printed.getvalue().strip())[:MAX_VERDICT_CHARS]
        return scored(grade.id, points, grade.points, said)

    @contextmanager
    def _inputs(self, grade: Grade) -> Iterator[None]:
        """Let the check's inputs follow from the secret, and know the launched products and the yardstick."""
        with ExitStack() as stack:
            stack.enter_context(seeded(seed(str(self.seed), grade.id)))
            if self.yardstick is not None:
                stack.enter_context(yardstick_takes(self.yardstick.solo_ms))
            if self.world is not SHIPPED:
                stack.enter_context(asking_about(self.world))
            yield

    def _timed(self, grade: Grade, bar: Bar) -> Mark:
        self.learner.renew_limits()
        try:
            entry = self._value(bar.function)()
        except Exception as error:  # any error of the learner's function
            return _failed(grade, error)
        try:
            runs = paired_runs(self.learner, entry, bar, self.yardstick, self.seed, self.world)
        except EntryError as error:
            return _failed(grade, error)
        except (OSError, PlainError) as error:  # the grader's fault: no port, no file, no time
            return _not_graded(grade, error)
        return speed_mark(grade.id, grade.points, runs, bar)

    def _value(self, name: str) -> object:
        try:
            return self.learner.value(name)
        except KeyError:
            raise CheckFailed(
                f"There is no `{name}` in the notebook.",
                f"a cell that defines {name}",
                "no such name when the check ran",
                "the gap marked `# Your turn.`, and whether its cell raised an error",
            ) from None


def _failed(grade: Grade, error: Exception) -> Mark:
    return scored(grade.id, 0.0, grade.points, error_text(error))


def _not_graded(grade: Grade, error: Exception) -> Mark:
    return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, error_text(error))


def error_text(error: BaseException) -> str:
    """Return the text for a report: a verdict as it is, any other error with its type."""
    if isinstance(error, CheckFailed | PlainError | NoYardstickError):
        return readable(str(error))[:MAX_VERDICT_CHARS]
    return readable(f"{type(error).__name__}: {error}")[:MAX_ERROR_CHARS]
