"""The exercises of the labs that measure for minutes, without their measurements, through the referee.

Solved, every check passes; untouched, every check fails and says where to look.
"""

from __future__ import annotations

import re

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from grader.grading.lab import lab
from grader.grading.referee import Setting, grade
from tests.notebooks.course import LABS, released, solved

WITH_MODELS = {"10-capstone"}  # see tests/unit/grader/checks/test_capstone.py and tests/submissions
NEEDED = {"07-caching": ("pairs", "words", "choose")}  # a threshold is judged, too
# These load model files; tests/unit/grader/checks/test_quantization.py brings stand-ins for them.
ON_FILES = {"l04-q3-foretold", "l04-q5-ship"}
EACH_LAB = pytest.mark.parametrize("name", [name for name in LABS if name not in WITH_MODELS])


def exercises(notebook: NotebookNode, name: str) -> NotebookNode:
    """Set-up, gaps and check cells alone, and what one of them needs."""
    kept = [
        cell
        for cell in notebook.cells
        if cell.id.startswith("setup")
        or cell.id in NEEDED.get(name, ())
        or (data := cell.metadata.get("nbgrader", {})).get("solution")
        or (data.get("grade") and data["grade_id"] not in ON_FILES)
    ]
    return new_notebook(cells=kept, metadata=notebook.metadata)


def judged(name: str, notebook: NotebookNode):
    """Return the marks of all but those that need a model file."""
    report = grade(lab(name, exercises(released(name), name)), exercises(notebook, name), Setting())
    assert report.marks and report.complete, report
    return report.marks


@EACH_LAB
def test_solved_exercises_pass_every_check(name):
    for mark in judged(name, solved(name)):
        assert mark.points == mark.out_of, mark


@EACH_LAB
def test_untouched_exercises_fail_every_check_and_say_where_to_look(name):
    for mark in judged(name, released(name)):
        assert mark.points == 0, mark
        assert re.search(r"still empty|a number for", mark.reason), mark
        assert "look at" in mark.reason
