"""A course with two small labs, and a judge that runs nothing: a cell contains the points it earns."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.course.course import load_course
from grader.grading.report import CellError, Mark, Outcome, Report, scored

LAB, OTHER = "01-small", "02-other"
CONFIG = """
c = get_config()
c.CourseDirectory.release_directory = "labs"
c.CourseDirectory.source_directory = "solutions"
c.GenerateFeedback.preprocessors = ["grader.course.nbgrader_hooks.AddEntries"]
c.GenerateFeedback.exporter_class = "grader.course.feedback.FeedbackExporter"
"""


def data(grade_id, points=None, solution=False):
    found = {"grade_id": grade_id, "grade": points is not None, "solution": solution}
    extra = {"locked": not solution, "schema_version": 3, "task": False, "checksum": "0"}
    return {"nbgrader": found | extra | ({} if points is None else {"points": points})}


def released(lab=LAB):
    prefix = lab[:2]
    gap = "raise NotImplementedError('empty')"
    return new_notebook(
        cells=[
            new_markdown_cell("# A lab", id="title"),
            new_code_cell("import math", id="setup", metadata=data(f"{prefix}-setup")),
            new_code_cell(gap, id="gap-1", metadata=data(f"{prefix}-gap-1", solution=True)),
            new_code_cell(
                "checks.breakdown(breakdown)", id="check-1", metadata=data(f"{prefix}-q1", 20)
            ),
            new_code_cell(gap, id="gap-2", metadata=data(f"{prefix}-gap-2", solution=True)),
            new_code_cell(
                "checks.percentile(percentile)", id="check-2", metadata=data(f"{prefix}-q2", 15)
            ),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


def handed_in(first="7", second="7", lab=LAB):
    """Return the lab with answers, which are numbers of points."""
    notebook = released(lab)
    notebook.cells[2].source, notebook.cells[4].source = first, second
    return notebook


def small_course(root):
    (root / "nbgrader_config.py").write_text(CONFIG)
    for lab in (LAB, OTHER):
        write(root / "labs" / lab / f"{lab}.ipynb", released(lab))
    return load_course(root)


def write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    return path


def submit(course, student, notebook, lab=LAB):
    return write(course.submitted(student, lab), notebook)


def judge(lab, notebook):
    """Give each check the points in the answer before it; "?" is undecided, "!" makes the judge fail."""
    answers = [c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")]
    if "!" in answers:
        raise RuntimeError("a bug in the judge")
    marks = [
        Mark(grade.id, Outcome.UNDECIDED, None, grade.points, "Too noisy.", queued=True)
        if answer == "?"
        else scored(grade.id, float(answer), grade.points, f"Said {answer}.")
        for grade, answer in zip(lab.grades.values(), answers, strict=True)
    ]
    return Report(lab.name, tuple(marks), (CellError("setup", "raised", own=False),))
