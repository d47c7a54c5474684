"""The record of checks: complete, atomic, shared by processes, and never a reason for a check to fail."""

import multiprocessing
import os
import sqlite3

import pytest

from grader.exercise import exercise
from grader.exercise.exercise import CheckFailed, Exercise, check
from harness.learner import attempts
from harness.learner.attempts import Attempt, AttemptsError, exercise_key, record

EXERCISE = Exercise("01", 1, "breakdown")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setattr(attempts, "in_notebook", lambda: True)


@check
def half(out_of):
    return out_of / 2


@check
def whole():
    return None


@check
def failing():
    EXERCISE.fail("a", "b", "c")


def recorded():
    return [(attempt.exercise, attempt.share) for attempt in attempts.attempts()]


def test_attempts_come_back_in_order_with_their_times():
    first, second = Attempt("a", 0.5), Attempt("bar", 1.0, attempts.REFEREE, 240.0, 501.5)
    record([first])
    record([second])
    assert attempts.attempts() == [first, second]


def test_a_check_in_a_notebook_is_remembered(notebook):
    whole()
    half(out_of=15)
    with pytest.raises(CheckFailed):
        failing()
    assert recorded() == [("whole", 1.0), ("half", 0.5), ("failing", 0.0)]


def test_the_referee_remembers_nothing():
    whole()
    assert not attempts.path().exists()


def test_a_check_passes_although_it_cannot_be_remembered(notebook, monkeypatch, capsys):
    attempts.path().parent.mkdir(parents=True)
    attempts.path().write_bytes(b"no database, and longer than a header of SQLite would be" * 9)
    assert half(out_of=4) == 2
    assert "Not remembered" in capsys.readouterr().out


def test_labs_share_the_check_of_predictions():
    assert exercise_key("prediction", {"lab": "03"}) == "prediction:03"
    assert exercise_key("breakdown", {"out_of": 20}) == "breakdown"


def test_all_or_none_is_recorded():
    with pytest.raises(AttemptsError):
        record([Attempt("a", 1.0), Attempt(None, 1.0)])
    assert attempts.attempts() == []


def write_many(name):
    for _ in range(20):
        record([Attempt(name, 1.0)])


def test_two_notebooks_at_once_lose_nothing():
    processes = [
        multiprocessing.get_context("fork").Process(target=write_many, args=(n,)) for n in "ab"
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert sorted(name for name, _ in recorded()) == ["a"] * 20 + ["b"] * 20


def test_a_file_of_a_later_version_is_left_alone():
    attempts.path().parent.mkdir(parents=True)
    with sqlite3.connect(attempts.path()) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(AttemptsError, match="version 99"):
        attempts.attempts()


@pytest.mark.parametrize(
    "result, options, share", [(None, {}, 1), (5.0, {"out_of": 20}, 0.25), (3.0, {}, 1)]
)
def test_the_share_of_a_check(result, options, share):
    assert exercise._share(result, options) == share


def die_in_the_middle():
    with attempts._open() as db:
        db.execute("INSERT INTO attempts VALUES ('b', 1.0, 'notebook', NULL, NULL, 'now')")
        os._exit(9)


def test_a_killed_notebook_loses_nothing_that_was_recorded():
    record([Attempt("a", 1.0)])
    process = multiprocessing.get_context("fork").Process(target=die_in_the_middle)
    process.start()
    process.join(60)
    record([Attempt("c", 1.0)])
    assert recorded() == [("a", 1.0), ("c", 1.0)]
