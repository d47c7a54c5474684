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
# `Execute`, for the learner's `nbgrader validate`, inherits this section.
c.ExecutePreprocessor.timeout = 300
# Beside another kernel that loads models, one can take longer than the default minute to start.
c.ExecutePreprocessor.startup_timeout = 120

# Learners' cells run in a jail and nbgrader's kernel runs none: these take the place of its own passes.
# A mark comes from the referee alone, and an old one is taken out before a new run.
c.Autograde.pre_convert_hook = "grader.course.nbgrader_hooks.expire_scores"
c.Autograde.sanitize_preprocessors = ["grader.course.nbgrader_hooks.Restore"]
c.Autograde.autograde_preprocessors = [
    "grader.course.nbgrader_hooks.Referee",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# nbgrader's own feedback shows hidden tests, and a mark that is still open as a zero.
c.GenerateFeedback.preprocessors = ["grader.course.nbgrader_hooks.Entered"]
c.GenerateFeedback.exporter_class = "grader.course.feedback.FeedbackExporter"

# For the learner's own `nbgrader validate`: a cell with this tag is not run, and a check cell that is not
# run passes. No tag is empty: nbconvert refuses one that is.
c.Execute.skip_cells_with_tag = ""
