"""The traps of nbgrader, each with a submission that would fall into it. No model runs here."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from traitlets.config import PyFileConfigLoader

from tests.notebooks.course import Course, cell, solution

# one exercise of lab 01: 10 points for values, 5 for refusing
LAB, GRADE = ("01-trap", "l01-q2-percentile")
SETUP = "import numpy as np\n\nfrom grader import checks"

NOISY = """
import logging, os, subprocess, sys, warnings

logging.basicConfig()

def percentile(samples_ms, p):
    print("from Python", file=sys.stderr)
    warnings.warn("a warning")
    logging.getLogger("learner").error("from a logger made before the check")
    os.write(2, b"from C\\n")
    subprocess.run(["sh", "-c", "echo from a child >&2"])
    if (p / 100) ** len(samples_ms) > 0.01:
        raise ValueError("too few")
    return float(np.percentile(samples_ms, p))
"""
# Writes after the check has returned, but still within its cell: only IgnorePattern helps here.
LATE = """

def late(result):
    print("late", file=sys.stderr)

get_ipython().events.register("post_run_cell", late)
"""
HALF_RIGHT = "def percentile(samples_ms, p):\n    return np.percentile(samples_ms, p)"
WRONG = "def percentile(samples_ms, p):\n    return 0.0"


def exercise(source: str | None = None, tags: object = None):
    """Return the lab with one exercise; with `source` as its solution and `tags` on its check cell."""
    gap, check = (cell(solution("01-profile"), f"q2-{name}") for name in ("gap", "percentile"))
    gap.source = source or gap.source
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = new_notebook(cells=[new_code_cell(SETUP, id="setup"), gap, check], metadata=kernel)
    if tags is not None:
        check.metadata["tags"] = tags  # last, because some of them are not even valid
    return notebook


SUBMISSIONS = {
    "solver": exercise(),
    "noisy": exercise(NOISY),
    "late": exercise(NOISY + LATE),
    "half": exercise(HALF_RIGHT),
    "wrong": exercise(WRONG),
    "skipper": exercise(WRONG, tags=["skip-execution"]),
}


@pytest.fixture(scope="module")
def graded(new_course) -> Course:
    course = new_course(fake=False)  # nothing here asks an assistant
    course.add(LAB, exercise())
    course.nbgrader("generate_assignment", LAB)
    for student, notebook in SUBMISSIONS.items():
        course.submit(student, LAB, notebook)
    course.nbgrader("autograde", LAB)
    return course


@pytest.mark.parametrize(
    ("student", "points"),
    [
        ("solver", 15),
        ("noisy", 15),
        ("late", 15),
        ("half", 10),
        ("wrong", 0),
        ("skipper", 0),
    ],
)
def test_points(graded, student, points):
    assert graded.scores(student, LAB) == {GRADE: points}


def test_partial_credit_is_a_plain_float(graded):
    notebook = nbformat.read(
        graded.root / "autograded" / "half" / LAB / f"{LAB}.ipynb", as_version=4
    )
    outputs = cell(notebook, "q2-percentile").outputs
    assert [out.data["text/plain"] for out in outputs if out.output_type == "execute_result"] == [
        "10.0"
    ]
    assert "10 of 15 points so far" in outputs[0].text


def test_a_learner_who_validates_noisy_code_is_told_that_it_passes(graded):
    path = f"submitted/noisy/{LAB}/{LAB}.ipynb"
    assert "Success! Your notebook passes all the tests." in graded.nbgrader("validate", path)


def test_a_failure_shows_the_verdict_without_a_traceback(graded):
    said = graded.nbgrader("validate", f"submitted/wrong/{LAB}/{LAB}.ipynb")
    assert "VALIDATION FAILED ON 1 CELL(S)" in said
    assert "expected" in said
    assert "look at" in said
    assert "Traceback" not in said


def test_time_limits_reach_nbgraders_own_executor(graded):
    config = PyFileConfigLoader("nbgrader_config.py", path=str(graded.root)).load_config()
    executor = Execute(config=config)
    assert executor.timeout == 300
    assert executor.startup_timeout == 120


@pytest.mark.parametrize("tags", [[""], "skip-execution"])
def test_a_notebook_with_an_invalid_tag_earns_what_it_is_worth(graded, tags):
    student = f"cheat-{len(tags)}"
    graded.submit(student, LAB, exercise(WRONG, tags=tags))
    graded.nbgrader("autograde", LAB, "--student", student)
    assert graded.scores(student, LAB) == {GRADE: 0}
