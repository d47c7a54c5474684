"""Every submission of a class gets a verdict, and a second run continues after the first."""

import json
import sqlite3

import pytest
from filelock import FileLock
from nbformat.v4 import new_output

from grader.course import grade_class as batches
from grader.course import gradebook, records
from grader.course.grade_class import Batch, State
from grader.course.gradebook import entries
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit


class Counting:
    """A judge that notes what it judged; at number `stop` the run is interrupted."""

    def __init__(self, stop=None):
        self.seen, self.stop = [], stop

    def __call__(self, lab, notebook):
        self.seen.append(notebook.cells[2].source)
        if self.stop == len(self.seen):
            raise KeyboardInterrupt
        return judge(lab, notebook)


@pytest.fixture
def course(small):
    for number, student in enumerate(("ada", "bob", "cyd"), start=1):
        submit(small, student, handed_in(str(number), "15"))
    return small


def run(course, judge=None, **how):
    batch = Batch(course, judge or Counting(), **how)
    return {step.submission.student: step for step in batch.run(batch.select(course.submissions()))}


def scores(course, student):
    return entries(course, student, LAB).scores


def test_a_class_is_graded_into_gradebook_notebooks_and_pages(course):
    steps = run(course)
    assert [step.state for step in steps.values()] == [State.GRADED] * 3
    assert all(step.record.entered for step in steps.values())
    assert scores(course, "bob") == {"01-q1": 2.0, "01-q2": 15.0}
    assert "17 of 35 points" in course.feedback("bob", LAB).read_text()
    notebook = json.loads(course.autograded("bob", LAB).read_text())
    assert "Said 2." in json.dumps(notebook["cells"][3]["outputs"])


def test_a_second_run_grades_only_what_is_new(course):
    run(course)
    submit(course, "bob", handed_in("9", "15"))
    submit(course, "dan", handed_in("4", "15"))
    counting = Counting()
    steps = run(course, counting)
    assert counting.seen == ["9", "4"]
    assert [steps[s].state for s in ("ada", "bob", "dan")] == [
        State.KEPT,
        State.GRADED,
        State.GRADED,
    ]
    again = Counting()
    run(course, again, again=True)
    assert len(again.seen) == 4


def test_an_interrupted_run_continues_after_what_it_finished(course):
    run(course)
    for number, student in enumerate(("ada", "bob", "cyd"), start=4):
        submit(course, student, handed_in(str(number), "15"))
    with pytest.raises(KeyboardInterrupt):
        run(course, Counting(stop=2))
    assert scores(course, "ada") == {"01-q1": 4.0, "01-q2": 15.0}
    assert scores(course, "bob") == {"01-q1": None, "01-q2": None}  # not the old ones
    assert records.read(course.record("bob", LAB)) is None
    assert scores(course, "cyd") == {"01-q1": 3.0, "01-q2": 15.0}
    counting = Counting()
    steps = run(course, counting)
    assert counting.seen == ["5", "6"]
    assert [step.state for step in steps.values()] == [State.KEPT, State.GRADED, State.GRADED]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("no", "not a notebook"),
        ("", "not a notebook"),
        ('{"cells": 3}', "not a notebook"),
        ('{"under500_refusedX": 1}', "not a notebook"),  # begins like a note of the grader's own
        ('{"under500_refused":' + "[" * 1900, "not a notebook"),
        ('{"under500_refused": ["x"]}', "not a notebook"),
        ('{"under500_refused": "\\u001b]0;x"}', "?]0;x"),  # would command the instructor's terminal
        (None, "cannot be read"),
        (handed_in(lab=OTHER), "no cell of lab 01-small"),
    ],
)
def test_a_file_that_is_no_notebook_of_the_lab_gets_a_verdict(course, content, reason):
    if content is None:
        course.submitted("bob", LAB).unlink()
    else:
        submit(course, "bob", content)
    steps = run(course)
    report = steps["bob"].record.report
    assert (report.points, report.out_of) == (0, 35)
    assert all(reason in mark.reason for mark in report.marks)
    assert scores(course, "bob") == {"01-q1": 0.0, "01-q2": 0.0}
    assert scores(course, "cyd") == {"01-q1": 3.0, "01-q2": 15.0}
    assert reason in course.feedback("bob", LAB).read_text()


def test_200_mb_of_output_are_refused_unread(course, monkeypatch):
    monkeypatch.setattr("grader.grading.notebook.MAX_BYTES", 3000)
    notebook = handed_in("20", "15")
    notebook.cells[1].outputs = [new_output("stream", name="stdout", text="x" * 5000)]
    submit(course, "bob", notebook)
    steps = run(course)
    assert "clear all outputs" in steps["bob"].record.report.marks[0].reason
    assert scores(course, "cyd")["01-q1"] == 3.0


def test_a_failing_judge_means_not_graded_and_never_an_old_score(course):
    run(course)
    submit(course, "bob", handed_in("!", "15"))
    steps = run(course)
    assert scores(course, "bob") == {"01-q1": None, "01-q2": None}
    assert "failed, not you" in steps["bob"].record.report.marks[0].reason
    assert "35 points have no verdict yet" in course.feedback("bob", LAB).read_text()


def test_the_same_command_grades_again_what_was_not_graded(course):
    broken = run(course, lambda *_: 1 / 0)
    assert all(step.record.report.failed for step in broken.values())
    assert {step.state for step in run(course).values()} == {State.GRADED}
    assert scores(course, "bob") == {"01-q1": 2.0, "01-q2": 15.0}
    assert {step.state for step in run(course).values()} == {State.KEPT}


def test_undecided_costs_no_points_and_waits_for_a_quiet_machine(course):
    submit(course, "bob", handed_in("20", "?"))
    assert run(course)["bob"].record.report.queued
    assert scores(course, "bob") == {"01-q1": 20.0, "01-q2": None}
    counting = Counting()
    assert list(run(course, counting, queued=True)) == ["bob"]
    assert counting.seen == ["20"]


def test_a_locked_gradebook_is_reported_and_the_next_run_enters_without_grading(
    course, monkeypatch
):
    run(course)
    monkeypatch.setattr(gradebook, "TIMEOUT_S", 0)
    submit(course, "bob", handed_in("9", "15"))
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    steps = run(course)
    holder.execute("ROLLBACK")
    holder.close()
    assert not steps["bob"].record.entered
    assert "locked" in steps["bob"].record.note
    assert steps["cyd"].state is State.KEPT
    counting = Counting()
    steps = run(course, counting)
    assert counting.seen == []
    assert steps["bob"].state is State.ENTERED
    assert scores(course, "bob") == {"01-q1": 9.0, "01-q2": 15.0}


def test_a_submission_locked_by_another_grader_is_skipped(course):
    path = course.record("bob", LAB)
    path.parent.mkdir(parents=True)
    with FileLock(path.with_name(".bob.lock")):
        steps = run(course)
    assert [step.state for step in steps.values()] == [State.GRADED, State.ELSEWHERE, State.GRADED]
    assert steps["bob"].record is None


def test_a_record_that_cannot_be_written_is_reported(course, monkeypatch):
    real = batches.records.write

    def full(path, record):
        if path.stem == "bob":
            raise records.DiskError("The disk is full.")
        real(path, record)

    monkeypatch.setattr(batches.records, "write", full)
    steps = run(course)
    assert steps["bob"].record.note == "The disk is full."
    assert not steps["bob"].record.entered
    assert steps["cyd"].record.entered


def test_an_unexpected_error_of_the_gradebook_stops_no_other_submission(course, monkeypatch):
    real = batches.gradebook.save

    def broken(course, student, report):
        if student == "ada":
            raise ValueError("surprise")
        real(course, student, report)

    monkeypatch.setattr(batches.gradebook, "save", broken)
    steps = run(course)
    assert "surprise" in steps["ada"].record.note
    assert scores(course, "ada") == {"01-q1": None, "01-q2": None}
    assert scores(course, "bob") == {"01-q1": 2.0, "01-q2": 15.0}
