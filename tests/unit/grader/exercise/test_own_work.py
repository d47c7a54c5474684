"""Functions of `harness` that are an exercise's answer: a lab's learners cannot hand them in as their own."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import checks
from grader.exercise import own_work
from grader.exercise.exercise import CheckFailed
from grader.exercise.own_work import ANSWERS, functions, withheld
from grader.grading.lab import lab
from grader.grading.referee import Setting, grade
from grader.sandbox.jail import why_no_jail
from harness.measure.load.queueing import waits_ms
from harness.measure.quality.noninferiority import worst_case

# check -> (lab, cells that hand in the answer of `harness` as one's own)
HANDED_IN = {
    "breakdown": (
        "01",
        "from harness.measure.latency.trace import Trace\nbreakdown = Trace.stage_ms",
    ),
    "percentile": ("01", "from harness.measure.stats import percentile"),
    "exact": ("06", "from harness.stages.exact_search import nearest as exact"),
    "worst_case": ("03", "from harness.measure.quality.noninferiority import worst_case"),
    "agree": ("05", "from harness.models.engines.drafts import accepted as agree"),
    "waits": (
        "08",
        "def waits(*given):\n    import harness.measure.load.queueing as q\n    return q.waits_ms(*given)",
    ),
    "answer_key": (
        "07",
        "from harness.wrappers.keys import key, normalised\n"
        "def answer_key(text, *parts):\n    return key(normalised(text), *parts)",
    ),
}
PARTLY = ("answer_key", "percentile")  # their checks give a part of the points, and print why


@pytest.mark.parametrize("check", HANDED_IN)
def test_an_answer_of_harness_earns_nothing_in_a_notebook(check):
    names = {}
    exec(HANDED_IN[check][1], names)
    options = {"out_of": 20} if check in PARTLY else {}
    with pytest.raises(CheckFailed) as failed:
        getattr(checks, check)(names[check], **options)
    assert "is an answer to lab" in " ".join(str(failed.value).split())


@pytest.mark.parametrize("check", HANDED_IN)
def test_an_answer_of_harness_earns_nothing_when_graded(check):
    number, source = HANDED_IN[check]
    options = ", out_of=20" if check in PARTLY else ""
    data = {"grade_id": "q1", "grade": True, "solution": False, "points": 20}
    call = new_code_cell(f"checks.{check}({check}{options})", metadata={"nbgrader": data})
    notebook = new_notebook(cells=[new_code_cell(source), call])
    [mark] = grade(lab(number, notebook), notebook, Setting(jailed=not why_no_jail())).marks
    assert mark.points == 0
    assert "is an answer to lab" in " ".join(mark.reason.split())


@pytest.mark.parametrize("number", ANSWERS)
def test_every_answer_exists_and_is_there_again_after_the_call(number):
    before = {name: function.__code__ for name, function in functions(number)}
    assert before
    with withheld(number), withheld(number):
        for name, function in functions(number):
            with pytest.raises(RuntimeError, match=name):
                function(1, word=2)
    assert {name: function.__code__ for name, function in functions(number)} == before


def test_an_answer_to_one_lab_can_be_used_in_another():
    with withheld("03"):
        assert waits_ms([0.0, 1.0], [2.0, 2.0]) == [0.0, 1.0]
    assert worst_case([True], [True]) < 0


def test_an_answer_that_is_gone_is_an_error_and_not_let_pass(monkeypatch):
    monkeypatch.setitem(own_work.ANSWERS, "06", ("harness.stages.exact_search:gone",))
    with pytest.raises(AttributeError, match="gone"):
        own_work.withhold("06")
