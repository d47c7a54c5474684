"""Progress: points, guesses beside measurements, latencies, and what is next."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.interview.practice.history import Played, history
from harness.learner.attempts import REFEREE, Attempt, record
from harness.learner.predictions import predict
from harness.learner.results import keep_result
from harness.progress import lab_exercises
from harness.progress.forget import remembered
from harness.progress.my_progress import my_progress
from harness.progress.next_step import next_step

run = CliRunner().invoke


def test_exercises_are_those_of_the_notebooks(learner):
    [_, lab] = lab_exercises.labs()
    assert [(one.name, one.key, one.points) for one in lab.exercises] == [
        ("prediction", "prediction:01", 5),
        ("1 breakdown", "breakdown", 20),
        ("2 percentile", "percentile", 15),
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": []}', '{"cells": [1]}', "\x00"])
def test_a_broken_notebook_is_left_out(learner, text):
    (learner / "01-profile" / "01-profile.ipynb").write_text(text)
    assert [lab.name for lab in lab_exercises.labs()] == ["00-start-here"]


def test_best_and_last_points_of_each_exercise(learner):
    record([Attempt("percentile", 2 / 3), Attempt("percentile", 1.0), Attempt("percentile", 0.0)])
    lab = my_progress().labs[1]
    percentile = lab.standings[2]
    assert (percentile.best, percentile.last, percentile.tries) == (15, 0, 3)
    assert (lab.points, lab.out_of, lab.done) == (15, 40, False)


def test_the_next_exercise_follows_the_latest_attempt(learner):
    assert "lab 00" in next_step().says
    record([Attempt("breakdown", 1.0)])
    assert "lab 01, the prediction" in next_step().says
    record([Attempt("prediction:01", 1.0), Attempt("percentile", 1.0)])
    assert "lab 00" in next_step().says
    record([Attempt("prediction:00", 1.0)])
    assert "under500 interview" in next_step().says


def test_predictions_stand_beside_what_was_measured(learner):
    predict("00-start-here", generate=100)
    predict("01-profile", without_llm_ms=400, stages_to_change=1)
    predict("01-profile", without_llm_ms=700, stages_to_change=1)
    found = {(g.lab, g.name): (g.guessed, g.measured) for g in my_progress().guesses}
    assert found["00-start-here", "generate"] == (100, 2500)
    assert found["01-profile", "without_llm_ms"] == (400, 700)
    assert found["01-profile", "stages_to_change"] == (1, None)


def test_the_fastest_run_is_that_with_the_lowest_ratio(learner):
    record(
        [
            Attempt("breakdown", 1.0, REFEREE, 300.0, 400.0),
            Attempt("breakdown", 1.0, REFEREE, 320.0, 640.0),
        ]
    )
    progress = my_progress()
    assert progress.fastest == progress.latencies[1]
    assert progress.fastest.scaled_ms == 250


def played():
    scores = {"systematic": 3, "stack": 2, "tradeoffs": 4, "stakeholders": None}
    when = datetime(2026, 11, 1, tzinfo=UTC)
    return Played(when, "S01", "senior", "exam", 20, 1, "time", None, "offline", "0" * 64, scores)


def test_interviews_are_shown_by_dimension(learner):
    history().add(played(), {}, {})
    result = run(app, ["progress", "--json"])
    assert result.exit_code == 0
    [interview] = json.loads(result.stdout.splitlines()[-1])["interviews"]
    assert interview["scores"]["tradeoffs"] == 4


def test_the_terminal_says_what_is_next(learner):
    record([Attempt("breakdown", 0.5)])
    keep_result("10-capstone", "reference", 12.0)
    result = run(app, ["progress"])
    assert "1 breakdown (last 10)" in " ".join(result.stdout.split())
    assert "Next: lab 01" in result.stdout


def test_forgetting_asks_first_and_then_leaves_nothing(learner):
    record([Attempt("breakdown", 1.0)])
    predict("01-profile", without_llm_ms=400)
    keep_result("10-capstone", "reference", 12.0)
    history().add(played(), {}, {})
    assert len(remembered()) == 4
    run(app, ["progress", "--forget"], input="n\n")
    assert len(remembered()) == 4
    result = run(app, ["progress", "--forget", "--yes", "--json"])
    assert len(json.loads(result.stdout.splitlines()[-1])["deleted"]) == 4
    assert remembered() == []
    assert my_progress().labs[1].points == 0
