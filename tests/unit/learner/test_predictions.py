"""The first guess counts, the later ones are kept, and nothing is lost."""

from __future__ import annotations

import json
import math

import pytest

from harness.learner import predictions
from harness.learner.predictions import PredictionError, predict, recall


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path


def stored(home, lab):
    return json.loads((home / "predictions" / f"{lab}.json").read_text())["predictions"]


def test_the_first_guess_is_the_one_that_counts(home):
    assert predict("01-profile", total_ms=3000) == {"total_ms": 3000.0}
    assert predict("01-profile", total_ms=700) == {"total_ms": 3000.0}
    assert recall("01-profile") == {"total_ms": 3000.0}
    assert [one["values"]["total_ms"] for one in stored(home, "01-profile")] == [3000.0, 700.0]


def test_running_the_cell_again_is_not_another_guess(home):
    for _ in range(3):
        predict("01-profile", total_ms=3000)
    assert len(stored(home, "01-profile")) == 1


def test_labs_do_not_mix():
    predict("00-start-here", network=1)
    with pytest.raises(PredictionError, match="no prediction for 01-profile"):
        recall("01-profile")


@pytest.mark.parametrize("value", [None, ..., "100", math.nan, math.inf, True, [1], -1])
def test_a_guess_is_a_number(home, value):
    with pytest.raises(PredictionError, match="network"):
        predict("00-start-here", network=value)
    assert not (home / "predictions").exists()


@pytest.mark.parametrize("lab", ["../elsewhere", "a/b", ""])
def test_a_lab_is_a_name_and_not_a_path(lab):
    with pytest.raises(PredictionError, match="01-profile"):
        predict(lab, x=1)


def test_a_damaged_file_is_named(home):
    predict("00-start-here", network=1)
    (home / "predictions" / "00-start-here.json").write_text("{")
    with pytest.raises(PredictionError, match=r"00-start-here\.json is damaged"):
        recall("00-start-here")


def test_if_nothing_can_be_written_the_error_says_what_to_do(home):
    (home / "predictions").write_text("a file where the folder should be")
    with pytest.raises(PredictionError, match="UNDER500_HOME"):
        predict("00-start-here", network=1)


def test_while_grading_each_submission_guesses_for_itself(home, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    predictions._temporary.cache_clear()
    assert predict("00-start-here", network=1) == {"network": 1.0}
    assert recall("00-start-here") == {"network": 1.0}
    assert not (home / "predictions").exists()


def test_in_a_notebook_the_error_is_one_line():
    with pytest.raises(PredictionError) as caught:
        predict("00-start-here", network=None)
    assert caught.value._render_traceback_() == [f"PredictionError: {caught.value}"]
