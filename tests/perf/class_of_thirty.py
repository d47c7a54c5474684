"""Thirty submissions to lab 01 (right, partly right and wrong), graded by one worker, two, or two hosts."""

import itertools
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from grader.course.course import load_course as course_in
from grader.course.grade_class import Batch
from grader.course.judge import lab_grader
from grader.fleet.cluster import local
from grader.fleet.run import Fleet
from tests.notebooks.course import ROOT, cell, released, solved
from tests.perf.class_of_twelve import LAB, exercises, write

SIZE = 30
# Cell -> wrong answer: right for some inputs, kills the process, endless, prints 10 MB, forges the clock.
WRONG = {
    "q2-gap": "def percentile(samples_ms, p):\n    return float(np.percentile(samples_ms, p))",
    "q3-gap": "import os\nos._exit(1)",
    "q1-gap": "def breakdown(trace):\n    while True:\n        pass",
    "q4-gap": "def ceiling(*_):\n    print('x' * 10_000_000)\n    return 1.0",
    "q5-gap": "import time\ntime.perf_counter = lambda: 0.0",
}


def submissions():
    """Yield submissions without end: solved, untouched, and each wrong answer in turn."""
    kinds = [None, "untouched", *WRONG]
    for kind in itertools.cycle(kinds):
        notebook = released(LAB) if kind == "untouched" else solved(LAB)
        if kind in WRONG:
            cell(notebook, kind).source = WRONG[kind]
        yield exercises(notebook)


def made(root):
    """Create the course with thirty submissions."""
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    write(root / "labs" / LAB / f"{LAB}.ipynb", exercises(released(LAB)))
    for number, notebook in zip(range(SIZE), submissions(), strict=False):
        write(root / "submitted" / f"learner{number:02}" / LAB / f"{LAB}.ipynb", notebook)
    return course_in(root)


def serial(course):
    """Grade in this process; return reports by learner, and seconds."""
    with lab_grader() as judge:
        return timed(Batch(course, judge, again=True).run(course.submissions()))


def fleet(course, connect):
    """Grade on a cluster; the time does not include starting its workers."""
    batch = Batch(course, again=True)
    with connect() as client:
        workers = Fleet(batch, partial(nullcontext, client), say=lambda _: None)
        return timed(workers.run(course.submissions()))


def two(course):
    return fleet(course, partial(local, 2))


def one(course):
    return fleet(course, partial(local, 1))


def timed(steps):
    began = time.perf_counter()
    reports = {step.submission.student: replace(step.record.report, printed="") for step in steps}
    return reports, time.perf_counter() - began


def verdicts(reports):
    """Return id, outcome and points of each mark, by learner."""
    return {
        student: [(mark.id, str(mark.outcome), mark.points) for mark in report.marks]
        for student, report in reports.items()
    }
