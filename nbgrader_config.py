"""nbgrader's settings for reading, releasing, running and grading the labs."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader defines it)

# nbgrader calls `alembic` by name, so `.venv/bin/nbgrader` would fail without an activated environment.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c.CourseDirectory.course_id = "under500"

# Both folders are in the repository: the source notebooks, and the release for learners.
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"

# nbgrader copies every file beside a notebook into the release and next to each submission. A jupytext copy
# of a solution notebook (.py, .md, ...) would publish the solutions, so none is copied.
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

# Each gap ends with its own `raise NotImplementedError("Lab 01, exercise 1: ...")`, which stays in the
# release; the stub only marks the place.
c.ClearSolutions.code_stub = {"python": "# Your turn."}

# One cell of lab 01 asks the slow assistant ten times: 32 s on a quiet machine and several times that on a
# busy one. With the default of 30 s, slow machines would get zero points. nbgrader's `Execute`, which the
# learner's `nbgrader validate` uses, inherits this section.
c.ExecutePreprocessor.timeout = 300
# While another kernel loads models, a kernel may need more than the default minute to start.
c.ExecutePreprocessor.startup_timeout = 120

# These replace nbgrader's own passes: learners' cells run in a jail, and none in nbgrader's kernel. Marks
# come from the referee alone, and old marks are deleted before a new run.
c.Autograde.pre_convert_hook = "grader.course.nbgrader_hooks.expire_scores"
c.Autograde.sanitize_preprocessors = ["grader.course.nbgrader_hooks.RestoreCells"]
c.Autograde.autograde_preprocessors = [
    "grader.course.nbgrader_hooks.Grade",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Late submissions cost nothing, unless you set one of these; see docs/workshop.md.
c.AssignLatePenalties.plugin_class = "grader.course.late_policy.LatePolicy"
# c.LatePolicy.grace_hours = 1
# c.LatePolicy.percent_per_day = 10

# The board shows a number instead of each learner's name.
# c.Board.anonymous = True

# Formgrader shows learners' code without colours, and text as it is: 50,000 dots kept nbconvert's highlighter
# busy for 20 s, and 50,000 brackets its search for links to files/, which no lab has.
c.HTMLExporter.filters = {
    "highlight_code": "grader.course.merge_submission.shown",
    "strip_files_prefix": "copy.copy",  # of a text: the text
}

# nbgrader's own feedback shows hidden tests, and shows an open mark as zero.
c.GenerateFeedback.preprocessors = ["grader.course.nbgrader_hooks.AddEntries"]
c.GenerateFeedback.exporter_class = "grader.course.feedback.FeedbackExporter"

# nbgrader's own table shows open points and missing labs as zero.
c.ExportApp.plugin_class = "grader.board.marks_export.Table"

# `nbgrader validate` does not run cells with this tag, and a check cell that does not run passes. An empty
# tag matches no cell, because nbconvert does not allow empty tags.
c.Execute.skip_cells_with_tag = ""
