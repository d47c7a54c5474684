"""Who grades a class: the referee, with what is paid once per lab and not once per notebook."""

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
from grader.remote.session import Start, apart
from grader.sandbox.jail import SandboxSpec, Started, missing

ALWAYS = ("numpy", "grader.remote.learner_process")
log = logging.getLogger(__name__)


@contextmanager
def lab_grader(setting: Setting | None = None, jailed: bool = True) -> Iterator[Judge]:
    """A judge for as many submissions as come."""
    with ExitStack() as stack:
        chosen = setting or Setting(jailed=jailed and not missing())
        yield LabGrader(chosen, stack)


@dataclass
class LabGrader:
    """Grades, and keeps a zygote for the lab that it is at."""

    setting: Setting
    stack: ExitStack
    at: str = ""
    ready: Setting | None = field(default=None, init=False)

    def __call__(self, lab: Lab, notebook: NotebookNode) -> Report:
        if lab.name != self.at:
            self.stack.close()
            self.at, self.ready = lab.name, self._prepared(lab)
        return grade(lab, notebook, self.ready)

    def _prepared(self, lab: Lab) -> Setting:
        if self.setting.thresholds(lab.name).models:
            return self.setting
        spec = self.setting.spec(models=False)
        try:
            start = self.stack.enter_context(zygote(spec, modules(lab.sources))).start
        except (NoZygoteError, OSError) as error:
            log.info("Every submission gets a new Python: %s", error)
            return self.setting
        return replace(self.setting, start=_or_apart(start))


def _or_apart(start: Start) -> Start:
    """A new Python for whom the zygote has none."""

    def started(channel: int, spec: SandboxSpec) -> Started:
        try:
            return start(channel, spec)
        except OSError as error:
            log.info("A new Python for this one: %s", error)
            return apart(channel, spec)

    return started


def modules(sources: Iterable[str]) -> tuple[str, ...]:
    """What the cells of a lab import, as they were released: all of it is ours to run."""
    found = dict.fromkeys(ALWAYS)
    for source in sources:
        found |= dict.fromkeys(_imported(source))
    return tuple(found)


def _imported(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            # `from grader import checks`: perhaps a module, perhaps not; what cannot be imported is left
            yield from (
                f"{node.module}.{alias.name}" for alias in node.names if alias.name.islower()
            )
