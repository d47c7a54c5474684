"""`under500 check` gives the verdict of the class on the command line."""

import json
from dataclasses import replace

import nbformat
import pytest
import typer
from typer.testing import CliRunner

from grader.cli.check import attempts, check
from grader.grading.lab import Grade, Lab
from grader.grading.report import Mark, Outcome, Report, scored
from harness.cli.output import plain_errors
from tests.small_lab import cell, notebook
from tests.unit.grader.grading.test_referee import BREAKDOWN

app = typer.Typer()
app.command()(plain_errors(check))


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def handed_in(course, source):
    path = course / "labs" / "01-profile" / "01-profile.ipynb"
    path.parent.mkdir(parents=True)
    check_cell = cell("checks.breakdown(breakdown)", "l01-q1-breakdown", 20)
    nbformat.write(notebook(cell(source), check_cell), path)
    return path


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_full_points_are_exit_status_0(course):
    path = handed_in(course, BREAKDOWN)
    for lab in ("01", str(path)):
        result = run(lab, "--json")
        assert result.exit_code == 0, result.output
        values = json.loads(result.stdout.splitlines()[-1])
        assert (values["points"], values["out_of"]) == (20, 20)
        assert "20 of 20 points" in result.stdout


def test_anything_less_is_exit_status_1_with_its_reason(course):
    handed_in(course, "def breakdown(trace):\n    return '[red]nothing'")
    result = run("01")
    assert result.exit_code == 1
    assert "[red]nothing" in result.stdout  # text of a learner, not markup


@pytest.mark.parametrize(
    ("lab", "status", "message"),
    [
        ("99", 2, "from 01"),
        ("../01", 2, "from 01"),
        ("none.ipynb", 1, "cannot be read"),
    ],
)
def test_missing_labs_and_files_are_reported(course, lab, status, message):
    handed_in(course, BREAKDOWN)
    result = run(lab)
    assert result.exit_code == status
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize("content", ["{}", '{"cells": []}', "no"])
def test_a_file_without_checks_never_passes(course, content):
    (course / "mine.ipynb").write_text(content)
    result = run("mine.ipynb")
    assert result.exit_code == 1
    assert "mine.ipynb" in result.output


def test_outside_a_course_it_names_the_right_folder(course):
    assert "folder of the course" in " ".join(run("01").output.split())


def test_marks_become_attempts_of_the_same_exercises_as_in_the_notebook():
    grades = {
        "q1": Grade("q1", 10.0, "breakdown", (), {}),
        "q0": Grade("q0", 5.0, "prediction", (), {"lab": "01"}),
        "q5": Grade("q5", 20.0, "under_bar", (), {}),
        "q6": Grade("q6", 5.0, "memo", (), {}),
    }
    times = ((200.0, 500.0), (220.0, 510.0), (900.0, 490.0))
    marks = (
        scored("q1", 4.0, 10.0, ""),
        scored("q0", 5.0, 5.0, ""),
        replace(scored("q5", 20.0, 20.0, ""), pairs=times),
        Mark("q6", Outcome.UNDECIDED, None, 5.0, ""),
    )
    lab = Lab("01-x", grades, frozenset(), frozenset())
    found = list(attempts(lab, Report("01-x", marks)))
    assert [(one.exercise, one.share) for one in found] == [
        ("breakdown", 0.4),
        ("prediction:01", 1.0),
        ("under_bar", 1.0),
    ]
    assert (found[2].e2e_ms, found[2].bar_ms) == (220.0, 500.0)
