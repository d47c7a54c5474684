"""The golden submissions in a learner's process: each check says there what it says in a notebook.

Whatever a check passes to a learner's function (streams, batches, locks, bytes) is exported to that process.
"""

import io
from contextlib import ExitStack, redirect_stdout

import pytest

from grader import checks
from grader.exercise import call_limits
from grader.exercise.exercise import CheckFailed
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from tests.unit.grader.checks.golden_submissions import load, wordings
from tests.unit.grader.checks.test_golden import LABS, OUT_OF

SETUP = """
import math
from itertools import pairwise
import numpy as np
from harness.assistant import Done, Token
from harness.measure.latency.faults import visible
from harness.semconv import STAGES
"""
TIMEOUT_S = 2.0


@pytest.fixture(scope="module")
def learners():
    """Yield a list of a session and a function that starts a new one, for use after the first has ended."""

    def fresh():
        one = stack.enter_context(
            session(SandboxSpec(jailed=not why_no_jail()), call_s=TIMEOUT_S + 1)
        )
        one.cell(SETUP)
        return one

    with ExitStack() as stack:
        yield [fresh(), fresh]


@pytest.fixture
def learner(learners):
    if learners[0].broken:
        learners[0] = learners[1]()
    return learners[0]


def afar(learner, one):
    """Return (points, text) of a submission that runs in the learner's process."""
    out_of = OUT_OF.get(one["check"])
    options = {} if out_of is None else {"out_of": out_of}
    learner.cell(one["source"])
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            points = getattr(checks, one["check"])(learner.value(one["check"]), **options)
    except CheckFailed as failed:
        return 0.0, str(failed)
    return points, printed.getvalue()


@pytest.mark.parametrize("one", [one for lab in LABS for one in load(lab, "excellent")])
def test_an_excellent_submission_passes_from_afar(one, learner):
    points, said = afar(learner, one)
    assert points == one.get("points"), said
    assert "passed" in said


@pytest.mark.parametrize("one", [one for lab in LABS for one in load(lab, "typical", "bad")])
def test_a_mistake_is_told_from_afar_as_it_is_in_a_notebook(one, learner, monkeypatch):
    monkeypatch.setattr(call_limits, "TIMEOUT_S", TIMEOUT_S)
    points, said = afar(learner, one)
    assert points == one.get("points", 0)
    expected = wordings(one.get("afar", one["says"]))
    assert any(words in " ".join(said.split()) for words in expected), said
    for label in ("expected", "got", "look at"):
        assert f"\n  {label}" in said


ERRORS = {
    "return stagse": "the name: is it spelled",
    "from math import roots": "the import: is the name spelled right",
    "import pandsa": "the import: is the name spelled right",
    "return max([])": "what your function does with this input",
    "return 1 + 'a'": "that line, and the types of the values in it",
    "return finish_ms()": "the call itself",
}


@pytest.mark.parametrize("line", ERRORS)
def test_an_error_from_afar_is_hinted_at_by_its_kind(line, learner):
    source = f"def finish_ms(stages):\n    {line}"
    if "finish_ms()" in line:
        source = "def finish_ms():\n    return 1"
    _, said = afar(learner, {"check": "finish_ms", "source": source})
    assert ERRORS[line] in " ".join(said.split())
