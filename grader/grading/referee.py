"""Grading of one submission: its cells run in a process of their own, the checks run in this one.

Cells and checks run in the notebook's order: a check runs where its check cell is, on proxies for what the
learner's cells have defined so far. No statement of the learner's process about itself is trusted, and
nothing that happens to that process affects another submission.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from nbformat import NotebookNode

from grader.grading import speed_gate
from grader.grading.grading_run import GradingRun, error_text
from grader.grading.lab import Lab, LabError
from grader.grading.launch import Launch, launched
from grader.grading.notebook import NotebookError, code_cells, digest
from grader.grading.report import Report, best_of, not_graded, scored
from grader.grading.speed_gate import NoYardstickError, ReadyYardstick
from grader.remote.process_handle import Start, new_process
from grader.remote.session import START_S, Session, session
from grader.sandbox.jail import SandboxSpec
from grader.sandbox.limits import Limits
from grader.secret import seed
from grader.thresholds import Thresholds, thresholds
from harness import knobs, store
from harness.errors import PlainError
from harness.kb.products import SHIPPED


@dataclass(frozen=True)
class Setting:
    """The settings for grading a submission.

    `yardstick` is the source of a cell that defines its entry(). `start` starts the process of a submission
    that needs no model; a forked process is cheaper than a new Python.
    """

    jailed: bool = True
    limits: Limits = field(default_factory=Limits)
    thresholds: Callable[[str], Thresholds] = thresholds
    yardstick: str = speed_gate.SOURCE
    start: Start = new_process

    def spec(self, models: bool) -> SandboxSpec:
        """Return the sandbox for a submission."""
        return SandboxSpec(models=models, jailed=self.jailed, limits=self.limits)


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
            return best_of(grading.report(), again.report())
        return grading.report()
    except NotebookError as error:
        return unreadable(lab, error)
    except (OSError, NoYardstickError, PlainError) as error:
        grades = ((grade.id, grade.points) for grade in lab.grades.values())
        return not_graded(lab.name, grades, error_text(error))


def unreadable(lab: Lab, error: NotebookError) -> Report:
    """Return the report on a file that is not a notebook of the lab: no points."""
    grades = lab.grades.values()
    marks = (scored(grade.id, 0.0, grade.points, str(error)) for grade in grades)
    return Report(lab.name, tuple(marks))


def _run(lab: Lab, notebook: NotebookNode, limits: Thresholds, setting: Setting) -> GradingRun:
    base_seed = seed(lab.name, digest(notebook))
    spec = setting.spec(limits.models)
    with ExitStack() as stack:
        yardstick = launch = None
        if limits.bar is not None:  # first, to measure it once before the learner's process exists
            source = setting.yardstick
            yardstick = stack.enter_context(speed_gate.yardstick(spec, base_seed + 1, source))
            launch = _launch(limits, yardstick, base_seed)
        start = new_process if limits.models else setting.start
        learner = stack.enter_context(session(spec, limits.call_s, start))
        _withhold_answers(lab, learner)
        if launch is not None:
            launch.hand_over(learner)
        world = launch.world if launch else SHIPPED
        grading = GradingRun(lab, limits, learner, yardstick, base_seed, world)
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
    ids = {grade_id for _, grade_id, _ in code_cells(notebook)}
    if not ids & lab.ids:
        raise NotebookError(
            f"This notebook has no cell of lab {lab.name}: hand in the one from labs/{lab.name}."
        )
