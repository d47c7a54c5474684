"""Grading of one submission: its cells run in a process of their own, the checks run in this one.

Cells and checks run in the notebook's order: a check runs where its check cell is, on proxies for what the
learner's cells have defined so far. No statement of the learner's process about itself is trusted, and
nothing that happens to that process affects another submission.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field

from nbformat import NotebookNode

from grader.exercise.exclusive import BusyError, exclusive
from grader.exercise.exercise import CheckFailed
from grader.exercise.fresh_cases import asking_about
from grader.exercise.randomness import seeded
from grader.exercise.yardstick_time import yardstick_takes
from grader.grading import speed_gate as timing
from grader.grading.lab import Grade, Lab, LabError
from grader.grading.launch import Launch, launched
from grader.grading.notebook import NotebookError, code
from grader.grading.report import (
    CellError,
    Mark,
    Outcome,
    Report,
    better,
    not_graded,
    readable,
    scored,
)
from grader.grading.speed_gate import EntryError, NoYardstickError, ReadyYardstick
from grader.remote.framing import WorkerError
from grader.remote.process_handle import Start, new_process
from grader.remote.session import START_S, Session, session
from grader.sandbox.jail import SandboxSpec
from grader.sandbox.limits import Limits
from grader.sandbox.processes import RestlessError
from grader.secret import seed
from grader.thresholds import Thresholds, thresholds
from harness import knobs, store
from harness.errors import PlainError
from harness.kb.products import SHIPPED, World

MAX_ERROR_CHARS = 500  # in a report


@dataclass(frozen=True)
class Setting:
    """The settings for grading a submission.

    `yardstick` is the source of a cell that defines its entry(). `start` starts the process of a submission
    that needs no model; a forked process is cheaper than a new Python.
    """

    jailed: bool = True
    limits: Limits = field(default_factory=Limits)
    thresholds: Callable[[str], Thresholds] = thresholds
    yardstick: str = timing.SOURCE
    start: Start = new_process

    def spec(self, models: bool) -> SandboxSpec:
        """Return the sandbox for a submission."""
        return SandboxSpec(models=models, jailed=self.jailed, limits=self.limits)


@dataclass
class _Grading:
    """The state of grading one submission.

    deferred: (id, source) of measuring cells not run yet. used_s: seconds of exercises (True) and of all
    other cells (False), each of which may use `limits.total_s`.
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
    used_s: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    failed: bool = False

    @property
    def may_need_models(self) -> bool:
        """Return True if points are missing and a cell of the learner raised.

        Most labs are graded in a second without the models: cells that measure fail, and no exercise needs
        their results. But a learner's answer may use them.
        """
        return self.failed and any((mark.points or 0) < mark.out_of for mark in self.marks.values())

    def report(self) -> Report:
        """Return the report. Call this after the learner's process has ended."""
        marks = tuple(self.marks[id_] for id_ in self.lab.grades)
        note, printed = self.learner.process.started.note, self.learner.process.tail.text()
        return Report(self.lab.name, marks, tuple(self.errors), note, printed)

    def run(self, notebook: NotebookNode) -> None:
        """Run the cells up to the last check, each check at its place, and missing checks at the end.

        Of a copied check cell, the last copy's place counts.
        """
        cells = list(_cells(notebook))
        last = {grade_id: place for place, (_, grade_id, _) in enumerate(cells)}
        for place, (id_, grade_id, source) in enumerate(cells):
            if len(self.marks) == len(self.lab.grades):
                return  # the remaining cells give no points
            if grade_id in self.lab.grades:
                if place == last[grade_id]:
                    self._mark(self.lab.grades[grade_id])
            elif source.strip() in self.lab.checks:
                pass  # a copy, which shows its result in the notebook and gives no points
            elif source in self.lab.measures:
                self.deferred.append((id_, source))
            else:
                self._cell(id_, source, exercise=grade_id in self.lab.ids)
        for grade in self.lab.grades.values():
            self._mark(grade)

    def _cell(self, id_: str, source: str, exercise: bool) -> None:
        error = self._try(source, exercise)
        if isinstance(error, NameError) and self.deferred:  # it may need names of a deferred cell
            deferred, self.deferred = self.deferred, []
            for cell in deferred:
                self._cell(*cell, exercise=False)
            error = self._try(source, exercise)
        if error is not None:
            own = source not in self.lab.sources and not isinstance(error, NotImplementedError)
            self.errors.append(CellError(id_, _message(error), own))
            self.failed = self.failed or own

    def _try(self, source: str, exercise: bool) -> Exception | None:
        """Run a cell within its budget: a learner's own measurements use up none of the exercises' time."""
        limit_s = min(self.limits.cell_s, self.limits.total_s - self.used_s[exercise])
        if limit_s <= 0:
            cells = "exercises" if exercise else "other cells"
            return TimeoutError(f"All {cells} together took more than {self.limits.total_s:g} s.")
        start_s = time.monotonic()
        try:
            self.learner.cell(source, limit_s)
        except Exception as error:  # a learner's cell may raise anything; the next ones still run
            return error
        finally:
            self.used_s[exercise] += time.monotonic() - start_s
        return None

    def _mark(self, grade: Grade) -> None:
        if grade.id not in self.marks:
            bar = self.limits.bar
            timed = bar is not None and grade.id == bar.grade
            self.marks[grade.id] = self._time(grade) if timed else self._check(grade)

    def _check(self, grade: Grade) -> Mark:
        # Checks of a lab with models time files of the grader's own, before the learner's time begins.
        alone = exclusive() if self.limits.models else nullcontext()
        try:
            with alone:
                return self._judged(grade)
        except (OSError, BusyError) as error:
            return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, _message(error))

    def _judged(self, grade: Grade) -> Mark:
        printed = io.StringIO()
        self.learner.renew_limits(time.monotonic() + self.limits.check_s)
        try:
            with redirect_stdout(printed), self._inputs(grade):
                points = grade.run(self._value)
        except PlainError as error:
            if isinstance(error, WorkerError | RestlessError):
                return scored(grade.id, 0.0, grade.points, _message(error))
            return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, _message(error))
        except Exception as error:  # CheckFailed, or an unexpected value made the check itself fail
            return scored(grade.id, 0.0, grade.points, _message(error))
        finally:
            self.learner.renew_limits()
        return scored(
            grade.id,
            points,
            grade.points,
            readable(printed.getvalue().strip())[: 4 * MAX_ERROR_CHARS],
        )

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

    def _time(self, grade: Grade) -> Mark:
        bar = self.limits.bar
        self.learner.renew_limits()
        try:
            entry = self._value(bar.function)()
        except Exception as error:  # any error of the learner's function
            return scored(grade.id, 0.0, grade.points, _message(error))
        try:
            runs = timing.paired_runs(
                self.learner, entry, bar, self.yardstick, self.seed, self.world
            )
        except EntryError as error:
            return scored(grade.id, 0.0, grade.points, _message(error))
        except (OSError, PlainError) as error:  # the grader's fault: no port, no file, no time
            return Mark(grade.id, Outcome.NOT_GRADED, None, grade.points, _message(error))
        return timing.mark(grade.id, grade.points, runs, bar)

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
    """Return the report on `notebook` as a submission of `lab`.

    Raises nothing for anything that a learner's code does. If grading itself fails, the report says "not
    graded" with the reason.
    """
    limits = setting.thresholds(lab.name)
    try:
        _require_cell_of(lab, notebook)
        grading = _run(lab, notebook, limits, setting)
        if grading.may_need_models and not limits.models and _prepared():
            limits = limits.model_copy(update={"models": True})
            again = _run(lab, notebook, limits, setting)
            return better(grading.report(), again.report())
        return grading.report()
    except NotebookError as error:
        return unreadable(lab, error)
    except (OSError, NoYardstickError, PlainError) as error:
        grades = ((grade.id, grade.points) for grade in lab.grades.values())
        return not_graded(lab.name, grades, _message(error))


def unreadable(lab: Lab, error: NotebookError) -> Report:
    """Return the report on a file that is not a notebook of the lab: no points."""
    grades = lab.grades.values()
    marks = (scored(grade.id, 0.0, grade.points, str(error)) for grade in grades)
    return Report(lab.name, tuple(marks))


def _run(lab: Lab, notebook: NotebookNode, limits: Thresholds, setting: Setting) -> _Grading:
    base_seed = seed(lab.name, _digest(notebook))
    spec = setting.spec(limits.models)
    with ExitStack() as stack:
        yardstick = launch = None
        if limits.bar is not None:  # first, to measure it once before the learner's process exists
            source = setting.yardstick
            yardstick = stack.enter_context(timing.yardstick(spec, base_seed + 1, source))
            launch = _launch(limits, yardstick, base_seed)
        start = new_process if limits.models else setting.start
        learner = stack.enter_context(session(spec, limits.call_s, start))
        _withhold_answers(lab, learner)
        if launch is not None:
            launch.hand_over(learner)
        world = launch.world if launch else SHIPPED
        grading = _Grading(lab, limits, learner, yardstick, base_seed, world)
        grading.run(notebook)
    return grading


def _withhold_answers(lab: Lab, learner: Session) -> None:
    """Withhold functions of `harness` that are answers. Raises LabError, OSError or WorkerError."""
    try:
        learner.ask("withhold", lab.name[:2], limit_s=START_S)
    except (AttributeError, ImportError) as error:
        raise LabError(f"The answers to {lab.name} cannot be withheld: {error}.") from error


def _launch(limits: Thresholds, yardstick: ReadyYardstick, base_seed: int) -> Launch | None:
    if not limits.bar.launch:
        return None
    return launched(seed(str(base_seed), "launch"), yardstick.session)


def _prepared() -> bool:
    return store.sealed(knobs.path())


def _require_cell_of(lab: Lab, notebook: NotebookNode) -> None:
    ids = {grade_id for _, grade_id, _ in _cells(notebook)}
    if not ids & lab.ids:
        raise NotebookError(
            f"This notebook has no cell of lab {lab.name}: hand in the one from labs/{lab.name}."
        )


def _cells(notebook: NotebookNode) -> Iterator[tuple[str, str, str]]:
    """Yield (id, grade id, source) of each code cell; a missing grade id is ""."""
    for number, cell in enumerate(notebook.cells, start=1):
        if (source := code(cell)) is not None:
            data = cell.get("metadata", {}).get("nbgrader", {})
            yield str(cell.get("id", f"cell {number}")), str(data.get("grade_id", "")), source


def _digest(notebook: NotebookNode) -> str:
    # A separator could be part of a cell, so that two notebooks would have one digest and the same questions.
    sources = json.dumps([source for _, _, source in _cells(notebook)], ensure_ascii=False)
    return hashlib.sha256(sources.encode("utf-8", errors="surrogatepass")).hexdigest()


def _message(error: BaseException) -> str:
    """Return the text for a report: a verdict as it is, any other error with its type."""
    if isinstance(error, CheckFailed | PlainError | NoYardstickError):
        return readable(str(error))[: 4 * MAX_ERROR_CHARS]
    return readable(f"{type(error).__name__}: {error}")[:MAX_ERROR_CHARS]
