"""The most common wrong answers of a class, each with a check's message and one learner's code, unnamed."""

from __future__ import annotations

import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from grader.board.code_tokens import tokens, without_long_lines
from grader.course.course import Course, Submission
from grader.course.records import Record
from grader.grading.notebook import NotebookError, code_cells
from grader.grading.report import Mark, Outcome

Key = tuple[str, str]  # learner, as the board shows them, and lab
MAX_MISTAKES = 12  # as many as an instructor discusses with a class
TRIED = 3  # learners whose answers are read for one mistake: the shortest is shown
LINES, WIDTH = 16, 100  # of an answer: as much as is read at a glance
READ = 20_000  # characters of a cell in which these lines are sought; the longest of a solution has 1,500
LOOK = re.compile(r"^  look at +(.*(?:\n {12}.*)*)", re.MULTILINE)  # see `grader.exercise.exercise`


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: its lab, its grade cell, where the check told learners to look, and which learners.

    `message` is the whole message that one of them got, and `answer` that learner's code without comments.
    """

    lab: str
    grade: str
    look: str
    students: tuple[str, ...]
    message: str = ""
    answer: str = ""


def mistakes(
    course: Course, submissions: Mapping[Key, Submission], records: Mapping[Key, Record]
) -> list[Mistake]:
    """Return the most common mistakes, most frequent first, without exercises that are still empty."""
    found: defaultdict[tuple[str, str, str], dict[str, Mark]] = defaultdict(dict)
    for (student, lab), record in records.items():
        for mark in record.report.marks:
            if mark.outcome in (Outcome.FAILED, Outcome.PARTLY) and (look := where(mark)):
                found[lab, mark.id, look][student] = mark
    common = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_MISTAKES]
    return [
        _mistake(course, submissions, lab, grade, look, marks)
        for (lab, grade, look), marks in common
    ]


def where(mark: Mark) -> str:
    """Return where the check told the learner to look; "" for an exercise that is still empty."""
    if "still empty" in mark.reason:
        return ""
    match = LOOK.search(mark.reason)
    text = match[1] if match else mark.reason.splitlines()[0] if mark.reason else ""
    return " ".join(re.sub(r"line \d+ of your cell: .*", "a line of their own", text).split())


def _mistake(
    course: Course,
    submissions: Mapping[Key, Submission],
    lab: str,
    grade: str,
    look: str,
    marks: Mapping[str, Mark],
) -> Mistake:
    wanted = answer_cells(course.released(lab), grade)
    answers = {
        student: _answer(course, submissions[student, lab], wanted) for student in [*marks][:TRIED]
    }
    # An empty answer was not readable, or nothing but comments.
    student = min(answers, key=lambda one: (not answers[one], len(answers[one])))
    return Mistake(lab, grade, look, tuple(marks), marks[student].reason, answers[student])


def answer_cells(released: NotebookNode, grade: str) -> set[str]:
    """Return the grade ids of the answers that a check is about: those since the check before it."""
    found: set[str] = set()
    for cell in released.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade_id") == grade:
            return found
        if data.get("grade"):
            found = set()
        elif data.get("solution"):
            found.add(data["grade_id"])
    return set()


def _answer(course: Course, submission: Submission, wanted: set[str]) -> str:
    try:
        notebook = course.handed_in(submission).notebook()
    except NotebookError:
        return ""
    sources = [source for _, grade_id, source in code_cells(notebook) if grade_id in wanted]
    lines = [line[:WIDTH] for source in sources for line in without_comments(source)]
    return "\n".join([*lines[:LINES], *(["…"] if len(lines) > LINES else [])])


def without_comments(source: str) -> Iterator[str]:
    """Yield the lines without comments, in which learners write their names, and without empty lines.

    Lines of more than 1,000 characters, and what follows the first READ characters, are left out.
    """
    source = without_long_lines(source[:READ])
    lines = source.split("\n")
    try:
        for token in tokens(source):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError, IndexError):  # it need not be Python
        lines = [line.partition("#")[0] for line in lines]
    yield from (line.rstrip() for line in lines if line.strip())
