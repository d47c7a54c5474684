"""The same class of twelve, graded by plain nbgrader and by `under500 grade` in turns.

The lab is the exercises and checks of lab 01, without the cells that measure for minutes. Both commands run
as separate processes, so both times include start-up, gradebook and everything else.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook

from tests.notebooks.course import ROOT, released, solution, solved

LAB = "01-profile"
SIZE = 12
BIN = Path(sys.executable).parent
# The settings that plain nbgrader needs to grade these labs, without this project's preprocessors.
PLAIN = """
c = get_config()
c.CourseDirectory.course_id = "under500"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r".*"
c.ExecutePreprocessor.timeout = 300
c.ExecutePreprocessor.startup_timeout = 300
"""


def exercises(notebook):
    """Return a notebook with only the import cell and the cells with a grade id."""
    cells = [c for c in notebook.cells if c.id == "setup" or c.metadata.get("nbgrader")]
    return new_notebook(cells=cells, metadata=notebook.metadata)


def write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook))


def made(root, config):
    """Create a course with twelve submissions: two thirds solved, one third untouched."""
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(config)
    write(root / "solutions" / LAB / f"{LAB}.ipynb", exercises(solution(LAB)))
    command(root, "nbgrader", "generate_assignment", LAB, "--force")
    for number in range(SIZE):
        notebook = exercises(released(LAB) if number % 3 == 2 else solved(LAB))
        write(root / "submitted" / f"learner{number:02}" / LAB / f"{LAB}.ipynb", notebook)
    return root


def command(root, name, *arguments):
    """Run a command and return its seconds."""
    began = time.perf_counter()
    env = os.environ | {"UNDER500_HOME": str(root / "home")}
    done = subprocess.run(
        [BIN / name, *arguments], cwd=root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - began


def plain(root):
    return command(root, "nbgrader", "autograde", LAB, "--force")


def ours(root):
    return command(root, "under500", "grade", "--again")


def points(root):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        return [
            [grade.auto_score for grade in submission.grades]
            for submission in sorted(
                book.notebook_submissions(LAB, LAB), key=lambda row: row.student.id
            )
        ]


def compared(folder):
    """Time both in turns (A B B A); return seconds, their ratio, and whether the points agree."""
    shutil.rmtree(folder, ignore_errors=True)
    a = made(folder / "plain", PLAIN)
    b = made(folder / "ours", (ROOT / "nbgrader_config.py").read_text())
    times = {"plain": [plain(a)], "ours": [ours(b), ours(b)]}
    times["plain"].append(plain(a))
    return times | {
        "ratio": sum(times["plain"]) / sum(times["ours"]),
        "same": points(a) == points(b),
    }
