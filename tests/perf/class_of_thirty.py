"""Thirty submissions to lab 01, right, half right and wrong, graded by one, by two and by two hosts."""

import itertools
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.course.course import course as course_in
from grader.course.grade_class import Batch
from grader.course.judge import lab_grader
from grader.fleet.cluster import local
from grader.fleet.run import Fleet
from tests.notebooks.course import ROOT, cell, released, solved
from tests.perf.class_of_twelve import LAB, exercises, write

SIZE = 30
HALVES = {  # cell -> what a learner may write there: right for some inputs, slow, dead, loud, forged
    "q2-gap": "def percentile(samples_ms, p):\n    return float(np.percentile(samples_ms, p))",
    "q3-gap": "import os\nos._exit(1)",
    "q1-gap": "def breakdown(trace):\n    while True:\n        pass",
    "q4-gap": "def ceiling(*_):\n    print('x' * 10_000_000)\n    return 1.0",
    "q5-gap": "import time\ntime.perf_counter = lambda: 0.0",
}


def submissions():
    """One after the other, for ever: solved, untouched, and each kind of half."""
    kinds = [None, "untouched", *HALVES]
    for kind in itertools.cycle(kinds):
        notebook = released(LAB) if kind == "untouched" else solved(LAB)
        if kind in HALVES:
            cell(notebook, kind).source = HALVES[kind]
        yield exercises(notebook)


def made(root):
    """The course, and what thirty have handed in."""
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    write(root / "labs" / LAB / f"{LAB}.ipynb", exercises(released(LAB)))
    for number, notebook in zip(range(SIZE), submissions(), strict=False):
        write(root / "submitted" / f"learner{number:02}" / LAB / f"{LAB}.ipynb", notebook)
    return course_in(root)


def serial(course):
    """Reports by learner, and seconds."""
    with lab_grader() as judge:
        return timed(Batch(course, judge, again=True).run(course.works()))


def fleet(course, connect):
    """The same through a cluster; the clock starts when its workers are there."""
    batch = Batch(course, again=True)
    with connect() as client:
        from contextlib import nullcontext

        return timed(
            Fleet(batch, partial(nullcontext, client), say=lambda _: None).run(course.works())
        )


def two(course):
    return fleet(course, partial(local, 2))


def one(course):
    return fleet(course, partial(local, 1))


def timed(steps):
    began = time.perf_counter()
    found = {step.work.student: replace(step.record.report, printed="") for step in steps}
    return found, time.perf_counter() - began


def verdicts(reports):
    """Points and outcomes of each mark, by learner."""
    return {
        student: [(mark.id, str(mark.outcome), mark.points) for mark in report.marks]
        for student, report in reports.items()
    }


def gone(path: Path):
    import shutil

    shutil.rmtree(path, ignore_errors=True)
