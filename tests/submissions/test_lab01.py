"""Attacks on lab 01 earn nothing that they would not earn honestly; honest work earns all it should."""

from __future__ import annotations

import socket
import sqlite3

import pytest

from grader.grading.referee import Setting, grade
from grader.grading.report import Outcome
from grader.sandbox.jail import why_no_jail
from grader.sandbox.limits import MIB, Limits
from grader.thresholds import thresholds
from tests.submissions.notebooks import ROOT, WRONG, described, lab01, solved, submission

ATTACKS, HONEST = described("lab01.yaml", "attacks"), described("lab01.yaml", "honest")
# A submission with 400 MiB and 3 s of patience: bombs go off sooner.
SMALL = Limits(memory=400 * MIB, processes=16, scratch=16 * MIB, file=4 * MIB)


def impatient(lab):
    return thresholds(lab).model_copy(update={"cell_s": 3.0, "call_s": 3.0, "total_s": 20.0})


# They are real attacks: without a jail they would do to this machine what they try to do in it.
JAILED = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")


def named(one):
    return one["name"]


@pytest.fixture(scope="module")
def lab():
    return lab01()


@pytest.fixture
def gradebook(tmp_path):
    file = tmp_path / "gradebook.db"
    with sqlite3.connect(file) as book:
        book.execute("CREATE TABLE grade (manual_score REAL)")
        book.execute("INSERT INTO grade VALUES (1)")
    return file


@pytest.fixture
def port():
    """Yield the port of a server on this machine, outside the jail."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@JAILED
@pytest.mark.parametrize("attack", ATTACKS, ids=named)
def test_an_attack_earns_no_more_than_it_is_worth(attack, lab, gradebook, port):
    known = {"GRADEBOOK": str(gradebook), "PORT": port, "REPOSITORY": str(ROOT)}
    notebook = submission(attack, WRONG, **known)
    report = grade(lab, notebook, Setting(limits=SMALL, thresholds=impatient))
    assert report.points <= attack["earns"], report
    assert report.complete  # a verdict, for every exercise
    assert [mark.out_of for mark in report.marks] == [5, 20, 15, 15, 15, 15, 15]
    assert all(mark.reason for mark in report.marks)
    assert not gradebook.with_name("gradebook.db.owned").exists()
    with sqlite3.connect(gradebook) as book:
        assert book.execute("SELECT manual_score FROM grade").fetchall() == [(1.0,)]
    if attack["name"] == "read-solutions":
        assert "FOUND []" in report.printed


@pytest.mark.parametrize("honest", HONEST, ids=named)
def test_honest_work_earns_what_it_should(honest, lab):
    report = grade(lab, submission(honest, solved()))
    assert report.points == honest["earns"], report
    assert report.complete


def test_regrading_gives_the_same_points(lab):
    half = {"q2-gap": "def percentile(samples_ms, p):\n    return np.percentile(samples_ms, p)"}
    notebook = submission({"cells": half}, solved())
    reports = [grade(lab, notebook) for _ in range(3)]
    assert {report.points for report in reports} == {95}
    assert {report.marks[2].outcome for report in reports} == {Outcome.PARTLY}


def test_every_attack_of_the_catalogue_on_answers_is_there():
    timed = {9, 10, 11, 13, 14, 15, 16, 17, 18}  # attacks on time: see test_timing.py
    assert {attack["number"] for attack in ATTACKS} == set(range(1, 23)) - timed
    assert len(HONEST) == 9
