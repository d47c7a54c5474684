"""Functions of `harness` that are an exercise's answer: a lab's learners cannot hand them in as their own."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import checks
from grader.exercise import own_work
from grader.exercise.exercise import CheckFailed
from grader.exercise.own_work import ANSWERS, USED, functions, withheld
from grader.grading.lab import lab
from grader.grading.referee import Setting, grade
from grader.sandbox.jail import why_no_jail
from harness.measure.load.queueing import waits_ms
from harness.measure.quality.noninferiority import worst_case
from tests.submissions.notebooks import read

# check -> lab, cells that hand in the answer of `harness` as one's own, and further arguments of the check
HANDED_IN = read(Path(__file__).with_name("handed_in.yaml"))


@pytest.mark.parametrize("check", HANDED_IN)
def test_an_answer_of_harness_earns_nothing_in_a_notebook(check):
    names, one = {}, HANDED_IN[check]
    exec(one["source"], names)
    with pytest.raises(CheckFailed) as failed:
        getattr(checks, check)(names[check], **one.get("options", {}))
    assert "is an answer to lab" in " ".join(str(failed.value).split())


@pytest.mark.parametrize("check", HANDED_IN)
def test_an_answer_of_harness_earns_nothing_when_graded(check):
    one = HANDED_IN[check]
    options = "".join(f", {name}={value}" for name, value in one.get("options", {}).items())
    data = {"grade_id": "q1", "grade": True, "solution": False, "points": 20}
    call = new_code_cell(f"checks.{check}({check}{options})", metadata={"nbgrader": data})
    notebook = new_notebook(cells=[new_code_cell(one["source"]), call])
    [mark] = grade(lab(one["lab"], notebook), notebook, Setting(jailed=not why_no_jail())).marks
    assert mark.points == 0
    assert "is an answer to lab" in " ".join(mark.reason.split())


@pytest.mark.parametrize("number", sorted({*ANSWERS, *USED}))
def test_every_answer_exists_and_is_there_again_after_the_call(number):
    answers = (*ANSWERS.get(number, ()), *USED.get(number, ()))
    before = {name: function.__code__ for name, function in functions(*answers)}
    assert before
    with withheld(number), withheld(number):
        for name, function in functions(*answers):
            with pytest.raises(RuntimeError, match=name):
                function(1, word=2)
    assert {name: function.__code__ for name, function in functions(*answers)} == before


def test_an_answer_to_one_lab_can_be_used_in_another():
    with withheld("03"):
        assert waits_ms([0.0, 1.0], [2.0, 2.0]) == [0.0, 1.0]
    assert worst_case([True], [True]) < 0


def test_an_answer_that_is_gone_is_an_error_and_not_let_pass(monkeypatch):
    monkeypatch.setitem(own_work.ANSWERS, "06", ("harness.stages.exact_search:gone",))
    with pytest.raises(AttributeError, match="gone"):
        own_work.refusals("06", ANSWERS)
