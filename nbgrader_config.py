"""How nbgrader reads, releases, runs and grades the labs; each setting with its reason."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader puts it there)

# nbgrader calls `alembic` by name, so `.venv/bin/nbgrader` fails where the environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c.CourseDirectory.course_id = "under500"

# The two folders that are in the repository: what we write, and what a learner gets.
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"

# nbgrader copies every file beside a notebook into the release and next to each submission. A text
# twin of a solution notebook (jupytext: .py, .md, ...) would hand out the solutions: none travels.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "*.py",
    "*.md",
    "*.Rmd",
    "*.qmd",
]

# Each gap ends with a `raise NotImplementedError("Lab 01, exercise 1: ...")` of its own, which
# stays in the release; the stub only marks the place.
c.ClearSolutions.code_stub = {"python": "# Your turn."}

# One cell of lab 01 asks the slow assistant ten times: 32 s on a quiet machine, several times that
# beside a busy neighbour; the default of 30 s would turn slow machines into zeros. nbgrader's own
# `Execute`, for autograde and for the learner's `nbgrader validate`, inherits this section.
c.ExecutePreprocessor.timeout = 300
# Beside another kernel that loads models, one can take longer than the default minute to start.
c.ExecutePreprocessor.startup_timeout = 120

# nbgrader counts any text on stderr as a failure: a progress bar or a library's warning would be a
# zero. `nbgrader validate` knows no such setting; there, `grader.quiet` inside every check does it.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r".*"

# A cell with this tag is not run, and a grade cell that is not run scores full marks: a learner
# could write the default, "skip-execution", there. No tag is empty: nbconvert refuses one that is.
c.Execute.skip_cells_with_tag = ""
