"""Hooks that make nbgrader's own commands grade like `under500 grade`; nbgrader_config.py names them.

    autograde          deletes old scores (`expire_scores`), restores the lab's cells (`RestoreCells`), grades
                       and writes the verdicts into notebook and gradebook (`Grade`)
    generate_feedback  adds the current gradebook entries (`AddEntries`) to the feedback page

nbgrader itself runs no learner's cell: the referee runs them in a jail. `under500 grade` uses the same code,
and continues where nbgrader would stop.
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
from grader.course.course import Course, Submission, is_id, load_course
from grader.course.feedback import ENTRIES
from grader.course.grade_class import Judge
from grader.course.handed_in import require_plain_files
from grader.course.judge import lab_grader
from grader.course.records import Record
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError
from grader.grading.referee import unreadable

REFUSED = "under500_refused"  # key in the notebook's metadata between the two passes of autograde


def expire_scores(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """Delete old records and scores before nbgrader reads a submission.

    The lab is registered in the gradebook first, because another tool may have released it.

    Raises NotebookError for a submission with a link, a pipe or a folder named like a notebook, and for a
    learner's id with markup: nbgrader then gives this learner no result, and goes on. It would copy what the
    link points to, wait for the pipe, and write the id into its pages.
    """
    course = load_course(Path.cwd())  # nbgrader has changed to the course's folder
    for path in map(Path, notebooks):
        student, name = course.student(path.parent), path.stem  # nbgrader's `student` may be "*"
        if not is_id(student):
            raise NotebookError(f"{student!r} is not a learner's id: rename the folder.")
        require_plain_files(path.parent)
        gradebook.register(course, name)
        records.forget(course.record(student, name))
        gradebook.expire(course, student, name)


class RestoreCells(NbGraderPreprocessor):
    """A preprocessor that puts the submitted sources into the released lab."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the notebook to grade; the lab without answers if the file is no notebook of the lab."""
        submission = _submission(self, resources)
        released = _course(self).released(submission.lab)
        try:
            submitted = _course(self).handed_in(submission).notebook()
            return merge_submission.merged(released, submitted, submission.lab), resources
        except NotebookError as error:
            untouched = merge_submission.refused(released)
            untouched.metadata[REFUSED] = str(error)
            return untouched, resources


class Grade(NbGraderPreprocessor):
    """A preprocessor that runs cells in the jail and checks outside it, and writes the points down."""

    jailed = Bool(True, help="Run submissions in a jail; without one, nothing is graded.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the notebook with its verdicts.

        Raises LockedError if the gradebook is locked; nbgrader then keeps no result.
        """
        course, submission = _course(self), _submission(self, resources)
        student, name = submission.student, submission.lab
        released = course.released(name)
        if refused := nb.metadata.pop(REFUSED, None):
            report = unreadable(lab(name, released), NotebookError(refused))
        else:
            report = grade_class.judge_notebook(lab(name, released), nb, _judge(self.jailed))
        gradebook.save(course, student, report)
        digest = records.digest(course.handed_in(submission), released)
        records.write(course.record(student, name), Record(digest, report, entered=True))
        return merge_submission.with_marks(nb, report), resources


class AddEntries(NbGraderPreprocessor):
    """A preprocessor that adds the gradebook's entries, including a person's points and comments."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the notebook with the current entries in its metadata."""
        submission = _submission(self, resources)
        entries = gradebook.entries(_course(self), submission.student, submission.lab)
        nb.metadata[ENTRIES] = asdict(entries)
        return nb, resources


def _course(preprocessor: NbGraderPreprocessor) -> Course:
    # its parent is the exporter, whose parent is the converter
    converter = preprocessor.parent.parent
    return Course(converter.coursedir, converter.config)


def _submission(preprocessor: NbGraderPreprocessor, resources: dict) -> Submission:
    student, name = resources["nbgrader"]["student"], resources["nbgrader"]["notebook"]
    return Submission(student, name, _course(preprocessor).submitted(student, name))


@cache
def _judge(jailed: bool) -> Judge:
    """Return the judge that all submissions of this process share."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(lab_grader(jailed=jailed))
