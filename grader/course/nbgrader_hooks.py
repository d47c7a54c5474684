"""What nbgrader's own commands do in a course with this project's settings (nbgrader_config.py).

    autograde          old scores out (`expire_scores`); the lab's cells restored (`Restore`); the referee's
                       verdicts into notebook and gradebook (`Referee`)
    generate_feedback  what the gradebook says now (`Entered`), on `grader.course.feedback`'s page

nbgrader runs no cell of a learner any more: the referee does, in a jail. `under500 grade` does the same from
the same code, and goes on where nbgrader would stop.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from grader.course import grade_class, gradebook, merge_submission, records
from grader.course.course import Course, Work, course
from grader.course.feedback import ENTRIES
from grader.course.grade_class import Judge
from grader.course.judge import lab_grader
from grader.course.records import Record
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError, read
from grader.grading.referee import unreadable

REFUSED = "under500_refused"  # key in the notebook's metadata between the two passes of autograde


def expire_scores(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """nbgrader's hook before a submission is read: whatever happens from here on, old scores are out.

    The gradebook learns of the lab first, as a course may begin with labs that somebody else released.
    """
    here = course(Path.cwd())  # nbgrader has gone to the folder of the course
    for path in map(Path, notebooks):
        gradebook.register(here, path.stem)
        records.forget(here.record(here.student(path.parent), path.stem))
        gradebook.expire(here, here.student(path.parent), path.stem)


class Restore(NbGraderPreprocessor):
    """Of what was handed in, the sources of cells, in the lab as it was released."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook that the referee will grade; for a file of no lab, the lab untouched."""
        here, work = _course(self), _work(self, resources)
        released = here.released(work.lab)
        try:
            return merge_submission.merged(released, read(work.path), work.lab), resources
        except NotebookError as error:
            untouched = merge_submission.refused(released)
            untouched.metadata[REFUSED] = str(error)
            return untouched, resources


class Referee(NbGraderPreprocessor):
    """Cells in the jail, checks out here, points into the gradebook."""

    jailed = Bool(True, help="Run submissions behind bubblewrap where it exists.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook with its verdicts. Raises LockedError, and then nbgrader keeps nothing of it."""
        here, work = _course(self), _work(self, resources)
        wanted = lab(work.lab, here.released(work.lab))
        if refused := nb.metadata.pop(REFUSED, None):
            report = unreadable(wanted, NotebookError(refused))
        else:
            report = grade_class.refereed(wanted, nb, _judge(self.jailed))
        gradebook.save(here, work.student, report)
        digest = records.digest(work.path, here.released(work.lab))
        records.write(here.record(work.student, work.lab), Record(digest, report, entered=True))
        return merge_submission.with_marks(nb, report), resources


class Entered(NbGraderPreprocessor):
    """What the gradebook says about a submission now, points and comments of a person included."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook with the entries in its metadata."""
        work = _work(self, resources)
        nb.metadata[ENTRIES] = asdict(gradebook.entries(_course(self), work.student, work.lab))
        return nb, resources


def _course(self: NbGraderPreprocessor) -> Course:
    converter = self.parent.parent  # of the exporter, which made this
    return Course(converter.coursedir, converter.config)


def _work(self: NbGraderPreprocessor, resources: dict) -> Work:
    ours = resources["nbgrader"]
    student, name = ours["student"], ours["notebook"]
    return Work(student, name, _course(self).submitted(student, name))


@cache
def _judge(jailed: bool) -> Judge:
    """One for all submissions of this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(lab_grader(jailed=jailed))
