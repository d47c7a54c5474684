"""A class graded with jail, referee, nbgrader's gradebook and its own commands. No model runs."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.notebooks.course import ROOT, cell, released, solved

LAB = "01-profile"
BIN = Path(sys.executable).parent
TIMEOUT_S = 900  # for a command that takes seconds on an idle machine
HALF = "def percentile(samples_ms, p):\n    return np.percentile(samples_ms, p)"
DEAD = "import os\nos._exit(1)"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert percentile([289.0], 50) == 289.0\n### END HIDDEN TESTS"


def half():
    notebook = solved(LAB)
    cell(notebook, "q2-gap").source = HALF
    return notebook


def dead():
    notebook = solved(LAB)
    cell(notebook, "q3-gap").source = DEAD
    return notebook


CLASS = {
    "ada": solved(LAB),
    "bob": half(),
    "cyd": dead(),
    "dan": released(LAB),
    "eve": "no notebook",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course with a hidden test in the source notebook, in nbgrader's way."""
    root = tmp_path_factory.mktemp("class")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for step in ("solutions", "labs"):
        shutil.copytree(ROOT / step / LAB, root / step / LAB)
    source = root / "solutions" / LAB / f"{LAB}.ipynb"
    notebook = json.loads(source.read_text())
    check = next(cell for cell in notebook["cells"] if cell["id"] == "q2-percentile")
    check["source"] = ["".join(check["source"]) + "\n" + HIDDEN]
    source.write_text(json.dumps(notebook))
    run(root, "nbgrader", "generate_assignment", LAB, "--force")
    for student, notebook in CLASS.items():
        path = root / "mail" / f"{student}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    return root


def run(root, *command, ok=(0,)):
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode in ok, done.stdout + done.stderr
    return done


def scores(root):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        return {
            student: {
                grade.name[4:6]: grade.auto_score
                for grade in book.find_submission_notebook(LAB, LAB, student).grades
            }
            for student in CLASS
        }


WANTED = {
    "ada": [5, 20, 15, 15, 15, 15, 15],
    "bob": [5, 20, 10, 15, 15, 15, 15],
    "cyd": [5, 20, 15, 0, 0, 0, 0],
    "dan": [0] * 7,
    "eve": [0] * 7,
}


@pytest.mark.timeout(4 * TIMEOUT_S)
def test_a_class_killed_half_way_and_graded_to_the_end(course):
    first = subprocess.Popen([BIN / "under500", "grade", "mail", "--lab", "01"], cwd=course)
    try:
        deadline = time.monotonic() + TIMEOUT_S
        while not list(course.glob("records/*/ada.json")):
            assert time.monotonic() < deadline and first.poll() is None
            time.sleep(0.1)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    done = run(course, "under500", "grade", "mail", "--lab", "01", "--json")
    values = json.loads(done.stdout.splitlines()[-1])["submissions"]
    assert values[0]["state"] == "kept"
    assert {row["student"]: row["points"] for row in values} == {
        student: sum(points) for student, points in WANTED.items()
    }
    assert {s: list(found.values()) for s, found in scores(course).items()} == WANTED


@pytest.mark.timeout(4 * TIMEOUT_S)
def test_nbgraders_own_commands_agree(course):
    before = scores(course)
    run(course, "nbgrader", "autograde", LAB, "--force", ok=(1,))  # one of them is no notebook
    after = scores(course)
    assert after.pop("eve") == dict.fromkeys(before.pop("eve"))  # not graded, and not an old score
    assert after == before
    run(course, "nbgrader", "generate_feedback", LAB, "--force")


def test_nothing_hidden_is_on_any_page(course):
    pages = list(course.glob("feedback/*/*/*.html"))
    assert len(pages) == len(CLASS)
    for page in [*pages, *course.glob("labs/*/*.ipynb"), *course.glob("autograded/*/*/*.ipynb")]:
        text = page.read_text()
        for secret in ("HIDDEN TESTS", "[289.0]"):
            assert secret not in text, page
        assert page not in pages or "checks.percentile(percentile)" not in text
    dead = course / "feedback" / "cyd" / LAB / f"{LAB}.html"
    assert "Its process has ended (exit status 1)." in dead.read_text()
