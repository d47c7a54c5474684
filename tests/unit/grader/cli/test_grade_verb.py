"""`under500 grade` on the command line: output, exit status and errors."""

import json
import logging
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import typer
from typer.testing import CliRunner

from grader.cli import grade as grade_verb
from grader.cli.grade import grade
from grader.course import judge as judges
from grader.course.grade_class import Batch
from grader.course.gradebook import entries
from grader.grading.report import Report
from grader.sandbox import jail
from harness.cli.output import plain_errors
from harness.store import StoreError
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit, write

app = typer.Typer()
app.command()(plain_errors(grade))


@contextmanager
def lab_grader(jailed=True):
    yield judge


@pytest.fixture
def course(small, tmp_path, monkeypatch):
    monkeypatch.setattr(judges, "lab_grader", lab_grader)
    monkeypatch.setattr(jail, "why_no_jail", lambda: "")
    monkeypatch.chdir(tmp_path)
    return small


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def output(result):
    return " ".join(result.output.split())


def test_a_course_is_graded_and_reported_as_one_object(course):
    submit(course, "ada", handed_in("20", "15"))
    submit(course, "bob", handed_in("20", "?"))
    submit(course, "ada", handed_in("1", "1", lab=OTHER), OTHER)
    result = run("--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout.splitlines()[-1])
    found = {(row["student"], row["lab"]): row for row in values["submissions"]}
    assert found["ada", LAB]["points"] == 35
    assert found["bob", LAB]["complete"] is False
    assert found["bob", LAB]["queued"] is True
    assert found["ada", OTHER]["in_gradebook"] is True
    assert "20 of 35, 15 open" in output(result)
    assert "--queued" in output(result)
    assert entries(course, "bob", LAB).scores == {"01-q1": 20.0, "01-q2": None}


@pytest.mark.parametrize("error", [StoreError("The disk is full."), KeyboardInterrupt()])
def test_what_is_finished_is_shown_after_an_error_or_an_interrupt(course, monkeypatch, error):
    submit(course, "ada", handed_in("20", "15"))
    submit(course, "bob", handed_in("20", "15"))

    def run_one(batch, due):
        yield from islice(run_all(batch, due), 1)
        raise error

    run_all = Batch.run
    monkeypatch.setattr(Batch, "run", run_one)
    result = run()
    assert result.exit_code != 0
    assert "ada" in result.output
    assert "35 of 35" in output(result)
    assert "bob" not in result.output


@pytest.mark.parametrize(
    ("arguments", "root", "last"),
    [
        ((), False, "bubblewrap is not installed"),
        ((), True, "bubblewrap is not installed"),
        (("--no-jail",), True, "as root"),
    ],
)
def test_without_a_jail_nothing_is_graded_and_the_last_line_says_why(
    course, monkeypatch, arguments, root, last
):
    monkeypatch.setattr(jail, "why_no_jail", lambda: "bubblewrap is not installed.")
    monkeypatch.setattr(jail.users, "is_root", lambda: root)
    submit(course, "ada", handed_in("20", "15"))
    result = run(*arguments)
    assert result.exit_code == 1
    assert last in result.output.strip().splitlines()[-1]
    assert not course.record("ada", LAB).exists()


def test_a_user_may_grade_without_a_jail_by_saying_so(course, monkeypatch):
    monkeypatch.setattr(jail, "why_no_jail", lambda: "bubblewrap is not installed.")
    monkeypatch.setattr(jail.users, "is_root", lambda: False)
    submit(course, "ada", handed_in("20", "15"))
    assert run("--no-jail").exit_code == 0


def test_what_a_worker_says_of_its_jail_is_text(capsys):
    step = Mock()
    step.submission.student, step.submission.lab, step.record.note = "ada", "01-small", ""
    step.record.report = Report("01-small", (), no_jail="[/nothing]\x1b[2J" + "x" * 10_000)
    grade_verb._show([step])
    shown = capsys.readouterr().out
    assert "without a jail. [/nothing]?[2J" in shown
    assert len(shown) < 2_000


def test_the_log_of_a_fleet_is_readable(course, monkeypatch):
    """A traceback may contain what a worker sent."""
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)
    monkeypatch.setattr("grader.fleet.cluster.remote", not_started)
    submit(course, "ada", handed_in("20", "15"))
    run("--scheduler", "tls://127.0.0.1:9")
    record = logging.makeLogRecord({"msg": "\x1b[2J"})
    assert record.getMessage() == "?[2J"


def test_one_lab_or_one_learner(course):
    for student in ("ada", "bob"):
        submit(course, student, handed_in())
        submit(course, student, handed_in(lab=OTHER), OTHER)
    values = json.loads(run("--lab", "02", "--student", "bob", "--json").stdout.splitlines()[-1])
    [row] = values["submissions"]
    assert (row["student"], row["lab"], row["state"]) == ("bob", OTHER, "graded")


def test_a_folder_of_loose_notebooks(course, tmp_path):
    write(tmp_path / "mail" / "ada.ipynb", handed_in("20", "15"))
    write(tmp_path / "mail" / "bob.ipynb", "no")
    result = run("mail", "--lab", "01", "--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout.splitlines()[-1])
    assert [row["points"] for row in values["submissions"]] == [35, 0]


def test_from_another_folder(course, tmp_path, monkeypatch):
    submit(course, "ada", handed_in())
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    assert run("--course", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "no submissions"),
        (("--lab", "99"), f"{LAB}, {OTHER}"),
        (("nowhere",), "nowhere"),
        (("--course", "labs"), "nbgrader_config.py"),
    ],
)
def test_wrong_use_is_one_message_and_status_2(course, arguments, text):
    result = run(*arguments)
    assert result.exit_code == 2
    assert text in output(result)
    assert "Traceback" not in result.output


def test_a_mark_that_is_not_in_the_gradebook_is_status_1(course, monkeypatch):
    from grader.course import gradebook

    def locked(*_):
        raise gradebook.LockedError("The gradebook is locked by another program.")

    monkeypatch.setattr(gradebook, "save", locked)
    submit(course, "ada", handed_in())
    result = run()
    assert result.exit_code == 1
    assert "ada: The gradebook is locked" in output(result)


def failing(error, after, batch, *_):
    """Return processes that a neighbour keeps from starting, or from answering."""

    def run(submissions):
        yield from islice(replace(batch, judge=judge).run(submissions), after)
        raise error

    return SimpleNamespace(run=run)


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    "error",
    [
        *(RuntimeError("Nanny failed to start"), ConnectionError("closed"), CancelledError()),
        *(ValueError("no address"), KeyError("op"), EOFError()),  # of connections that are cut off
    ],
    ids=repr,
)
def test_if_several_processes_fail_one_goes_on_and_says_so(course, monkeypatch, error, after):
    monkeypatch.setattr("grader.fleet.run.Fleet", partial(failing, error, after))
    for student in ("ada", "bob"):
        submit(course, student, handed_in("20", "15"))
    result = run("--workers", "2", "--json")
    assert result.exit_code == 0, result.output
    assert "grading goes on in this process" in output(result)
    values = json.loads(result.stdout.splitlines()[-1])
    assert [row["points"] for row in values["submissions"]] == [35, 35]


@contextmanager
def not_started(processes):
    raise RuntimeError("Nanny failed to start")
    yield


def test_a_cluster_that_does_not_start_costs_no_mark(course, monkeypatch):
    monkeypatch.setattr("grader.fleet.cluster.local", not_started)
    submit(course, "ada", handed_in("20", "15"))
    result = run("--workers", "2")
    assert result.exit_code == 0, result.output
    assert "35 of 35" in output(result)
    assert "(FleetError): grading goes on" in output(result)


def test_without_dask_a_class_is_graded_in_one_process(monkeypatch):
    monkeypatch.setattr(grade_verb, "find_spec", lambda name: None)
    assert grade_verb._default_workers(1000) == 1
