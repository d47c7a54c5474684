"""The judge of a class: the referee, with the lab's imports loaded once per lab instead of per notebook."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode

from grader.course.grade_class import Judge
from grader.grading.lab import Lab
from grader.grading.referee import Setting, grade
from grader.grading.report import Report
from grader.remote.prefork import NoZygoteError, zygote
from grader.remote.process_handle import Start, new_process
from grader.sandbox.jail import SandboxSpec, Started, require

ALWAYS = ("numpy", "grader.remote.learner_process")
log = logging.getLogger(__name__)


@contextmanager
def lab_grader(setting: Setting | None = None, jailed: bool = True) -> Iterator[Judge]:
    """Yield a judge that grades any number of submissions until the block ends.

    `jailed` counts only without a `setting`. Raises NoJailError if learners' code may not run here.
    """
    if setting is None:
        require(jailed)
    with ExitStack() as stack:
        yield LabGrader(setting or Setting(jailed=jailed), stack)


@dataclass
class LabGrader:
    """A judge that keeps a zygote (a process to fork from) for the current lab."""

    setting: Setting
    stack: ExitStack
    lab: str = ""
    lab_setting: Setting | None = field(default=None, init=False)

    def __call__(self, lab: Lab, notebook: NotebookNode) -> Report:
        if lab.name != self.lab:
            self.stack.close()
            self.lab, self.lab_setting = lab.name, self._prepare(lab)
        return grade(lab, notebook, self.lab_setting)

    def _prepare(self, lab: Lab) -> Setting:
        if self.setting.thresholds(lab.name).models:
            return self.setting
        spec = self.setting.spec(models=False)
        try:
            start = self.stack.enter_context(zygote(spec, modules(lab.sources))).start
        except (NoZygoteError, OSError) as error:
            log.info("No zygote; every submission starts a new Python: %s", error)
            return self.setting
        return replace(self.setting, start=_with_fallback(start))


def _with_fallback(start: Start) -> Start:
    """Return a `Start` that starts a new Python where the zygote cannot fork."""

    def started(channel: int, spec: SandboxSpec) -> Started:
        try:
            return start(channel, spec)
        except OSError as error:
            log.info("The zygote cannot fork; this submission starts a new Python: %s", error)
            return new_process(channel, spec)

    return started


def modules(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that a released lab's cells import; they are trusted, so a zygote loads them."""
    names = dict.fromkeys(ALWAYS)
    for source in sources:
        names |= dict.fromkeys(_imports(source))
    return tuple(names)


def _imports(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with an IPython magic
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            # In `from grader import checks`, `checks` may be a module. The zygote skips failed imports.
            yield from (
                f"{node.module}.{alias.name}" for alias in node.names if alias.name.islower()
            )
