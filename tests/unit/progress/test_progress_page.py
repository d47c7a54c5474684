"""My page: it escapes what it shows, its links lead to the labs, and the notebook shows it at once."""

from dataclasses import replace
from datetime import UTC, datetime

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from typer.testing import CliRunner

from harness.cli.main import app
from harness.interview.practice.history import Played
from harness.learner.attempts import REFEREE, Attempt, record
from harness.learner.predictions import predict
from harness.progress.my_progress import my_progress
from harness.progress.progress_page import NAME, html
from harness.progress.progress_text import named, number

run = CliRunner().invoke


def test_the_page_shows_points_and_leads_to_the_labs(learner):
    record([Attempt("breakdown", 1.0, REFEREE, 240.0, 480.0)])
    predict("01-profile", without_llm_ms=400)
    page = html(my_progress(), learner)
    assert "20 of 40" in page
    assert 'href="01-profile/01-profile.ipynb"' in page
    assert "250 ms" in page
    assert "without llm (ms)" in page


def test_text_of_notebooks_is_escaped(learner):
    path = learner / "01-profile" / "01-profile.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# Lab 01: <script>alert(1)</script>"
    nbformat.write(notebook, path)
    assert "<script>" not in html(my_progress(), learner)


def test_the_notebook_shows_the_page_before_it_runs(learner, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    assert run(app, ["progress", "--page", str(learner / NAME)]).exit_code == 0
    notebook = nbformat.read(learner / NAME, as_version=4)
    nbformat.validate(notebook)
    assert "00-start-here" in notebook.cells[1].outputs[0].data["text/html"]
    assert NotebookNotary().check_signature(notebook)


def test_a_folder_that_is_not_there_is_named(learner):
    result = run(app, ["progress", "--page", "nowhere/page.ipynb"])
    assert result.exit_code == 2
    assert "nowhere/page.ipynb cannot be written" in result.stderr


@pytest.mark.parametrize(
    "name, words",
    [
        ("e2e_ms", "e2e (ms)"),
        ("generate", "generate (ms)"),
        ("right_of_100", "right (of 100)"),
        ("a_b", "a b"),
    ],
)
def test_names_of_predictions_in_words(name, words):
    assert named(name) == words


@pytest.mark.parametrize("value, text", [(2500, "2,500"), (12.345, "12.3"), (0, "0"), (None, "–")])
def test_numbers(value, text):
    assert number(value) == text


def test_what_is_due_and_the_interviews_are_on_the_page(learner):
    scores = {"systematic": 3, "stack": 2, "tradeoffs": 4, "stakeholders": None}
    when = datetime(2026, 11, 1, tzinfo=UTC)
    played = Played(when, "S01", "senior", "exam", 20, 1, "time", None, "offline", "0" * 64, scores)
    due = (("Say p50 and p90, not <the average>", "01-profile"),)
    page = html(replace(my_progress(), interviews=(played,), due=due), learner)
    assert "Say p50 and p90, not &lt;the average&gt;" in page
    assert "Inference stack" in page
