"""Grades a submission: runs its cells over there, judges from here.

The order of things is the notebook's: where a check cell of the lab stands, the check runs in this
process, on stand-ins for what the learner's cells have defined so far. Nothing that the learner's process
says about itself is believed, and nothing that happens to it reaches another submission.
"""

from __future__ import annotations

import hashlib
import io
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field

from nbformat import NotebookNode

from grader.exercise.exercise import CheckFailed
from grader.exercise.randomness import seeded
from grader.grading import speed_gate as timing
from grader.grading.lab import Grade, Lab
from grader.grading.notebook import NotebookError, code
from grader.grading.report import CellError, Mark, Outcome, Report, not_graded, scored
from grader.grading.speed_gate import EntryError, NoYardstickError, ReadyYardstick
from grader.remote.framing import WorkerError
from grader.remote.session import Session, Start, apart, session
from grader.sandbox.jail import SandboxSpec
from grader.sandbox.limits import Limits
from grader.secret import seed
from grader.thresholds import Thresholds, thresholds
from harness import knobs, store
from harness.errors import PlainError

SHOWN = 500  # characters of an error in a report


@dataclass(frozen=True)
class Setting:
    """How it is graded. yardstick: the source of a cell that defines its entry().

    start: gives processes to submissions that need no model, where it can be had for less than a new Python.
    """

    jailed: bool = True
    limits: Limits = field(default_factory=Limits)
    thresholds: Callable[[str], Thresholds] = thresholds
    yardstick: str = timing.SOURCE
    start: Start = apart

    def spec(self, models: bool) -> SandboxSpec:
        """Where a submission runs."""
        return SandboxSpec(models=models, jailed=self.jailed, limits=self.limits)


@dataclass
class _Sitting:
    """One submission being graded."""

    lab: Lab
    limits: Thresholds
    learner: Session
    yardstick: ReadyYardstick | None
    seed: int
    marks: dict[str, Mark] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    failed: bool = False

    @property
    def starved(self) -> bool:
        """Points are missing, and a cell of the learner's own raised: perhaps it needed the models.

        Most labs are judged without them, in a second: cells that measure fail, and no exercise needs
        what they measured. But a learner may have built an answer on it.
        """
        return self.failed and any((mark.points or 0) < mark.out_of for mark in self.marks.values())

    def report(self) -> Report:
        """What it came to. Call it when the learner's process has ended."""
        marks = tuple(self.marks[id_] for id_ in self.lab.grades)
        note, printed = self.learner.started.note, self.learner.tail.text()
        return Report(self.lab.name, marks, tuple(self.errors), note, printed)

    def run(self, notebook: NotebookNode) -> None:
        """Cells up to the last check, each check at its place, and those without a place at the end."""
        until = time.monotonic() + self.limits.total_s
        for id_, grade_id, source in _cells(notebook):
            if len(self.marks) == len(self.lab.grades):
                return  # what follows measures, and counts for nothing
            if grade_id in self.lab.grades:
                self._mark(self.lab.grades[grade_id])
            elif source in self.lab.measures:
                self.aside.append((id_, source))
            else:
                self._cell(id_, source, until)
        for grade in self.lab.grades.values():
            self._mark(grade)

    def _cell(self, id_: str, source: str, until: float) -> None:
        error = self._tried(source, until)
        if isinstance(error, NameError) and self.aside:  # it may want what was put aside
            waiting, self.aside = self.aside, []
            for one in waiting:
                self._cell(*one, until)
            error = self._tried(source, until)
        if error is not None:
            own = source not in self.lab.sources and not isinstance(error, NotImplementedError)
            self.errors.append(CellError(id_, _said(error), own))
            self.failed = self.failed or own

    def _tried(self, source: str, until: float) -> Exception | None:
        limit_s = min(self.limits.cell_s, until - time.monotonic())
        if limit_s <= 0:
            return TimeoutError(f"All cells together took more than {self.limits.total_s:g} s.")
        try:
            self.learner.cell(source, limit_s)
        except Exception as error:  # a learner's cell may raise anything; the next ones still run
            return error
        return None

    def _mark(self, grade: Grade) -> None:
        if grade.id not in self.marks:
            bar = self.limits.bar
            timed = bar is not None and grade.id == bar.grade
            self.marks[grade.id] = self._timed(grade) if timed else self._checked(grade)

    def _checked(self, grade: Grade) -> Mark:
        said = io.StringIO()
        self.learner.until = time.monotonic() + self.limits.check_s
        try:
            with redirect_stdout(said), seeded(seed(str(self.seed), grade.id)):
                points = grade.run(self._value)
        except PlainError as error:
            if isinstance(error, WorkerError):
                return scored(grade.id, 0.0, grade.points, _said(error))
            return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, _said(error))
        except Exception as error:  # CheckFailed, or a check that met what nobody had thought of
            return scored(grade.id, 0.0, grade.points, _said(error))
        finally:
            self.learner.until = math.inf
        return scored(
            grade.id, points, grade.points, _readable(said.getvalue().strip())[: 4 * SHOWN]
        )

    def _timed(self, grade: Grade) -> Mark:
        bar = self.limits.bar
        try:
            entry = self._value(bar.function)()
        except Exception as error:  # the learner's, whatever it is
            return scored(grade.id, 0.0, grade.points, _said(error))
        try:
            races = timing.judged(self.learner, entry, bar, self.yardstick, self.seed)
        except EntryError as error:
            return scored(grade.id, 0.0, grade.points, _said(error))
        except (OSError, PlainError) as error:  # ours: no port, no file, no time
            return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, _said(error))
        return timing.mark(grade.id, grade.points, races, bar)

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


def grade(lab: Lab, notebook: NotebookNode, setting: Setting = Setting()) -> Report:
    """The report on `notebook` as a submission of `lab`.

    Never raises for what a learner did. Not graded, with a reason, when grading itself cannot work.
    """
    limits = setting.thresholds(lab.name)
    try:
        _check(lab, notebook)
        sitting = _graded(lab, notebook, limits, setting)
        if sitting.starved and not limits.models and _prepared():
            limits = limits.model_copy(update={"models": True})
            sitting = _graded(lab, notebook, limits, setting)
        return sitting.report()
    except NotebookError as error:
        return Report(lab.name, _nothing(lab, str(error)))
    except (OSError, NoYardstickError, PlainError) as error:
        grades = ((one.id, one.points) for one in lab.grades.values())
        return not_graded(lab.name, grades, _said(error))


def unreadable(lab: Lab, error: NotebookError) -> Report:
    """The report on a file that is no notebook."""
    return Report(lab.name, _nothing(lab, str(error)))


def _graded(lab: Lab, notebook: NotebookNode, limits: Thresholds, setting: Setting) -> _Sitting:
    number = seed(lab.name, _digest(notebook))
    spec = setting.spec(limits.models)
    with ExitStack() as stack:
        yard = None
        if limits.bar is not None:  # first, so that it is measured once before the learner is there
            source = setting.yardstick
            yard = stack.enter_context(timing.yardstick(spec, number + 1, source))
        start = apart if limits.models else setting.start
        learner = stack.enter_context(session(spec, limits.call_s, start))
        sitting = _Sitting(lab, limits, learner, yard, number)
        sitting.run(notebook)
    return sitting


def _prepared() -> bool:
    return store.sealed(knobs.path())


def _nothing(lab: Lab, reason: str) -> tuple[Mark, ...]:
    return tuple(scored(one.id, 0.0, one.points, reason) for one in lab.grades.values())


def _check(lab: Lab, notebook: NotebookNode) -> None:
    found = {grade_id for _, grade_id, _ in _cells(notebook)}
    if not found & lab.ids:
        raise NotebookError(
            f"This notebook has no cell of lab {lab.name}: hand in the one from labs/{lab.name}."
        )


def _cells(notebook: NotebookNode) -> Iterator[tuple[str, str, str]]:
    """(id, grade id, source) of each code cell, whatever is missing as ""."""
    for number, cell in enumerate(notebook.cells, start=1):
        if (source := code(cell)) is not None:
            data = cell.get("metadata", {}).get("nbgrader", {})
            yield str(cell.get("id", f"cell {number}")), str(data.get("grade_id", "")), source


def _digest(notebook: NotebookNode) -> str:
    sources = "\x1e".join(source for _, _, source in _cells(notebook))
    return hashlib.sha256(sources.encode("utf-8", errors="surrogatepass")).hexdigest()


def _said(error: BaseException) -> str:
    """What a person reads: a verdict as it is, anything else with its kind."""
    if isinstance(error, CheckFailed | PlainError | NoYardstickError):
        return _readable(str(error))[: 4 * SHOWN]
    return _readable(f"{type(error).__name__}: {error}")[:SHOWN]


def _readable(text: str) -> str:
    """Without characters that move the cursor, change colours, or turn the direction of writing."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)
