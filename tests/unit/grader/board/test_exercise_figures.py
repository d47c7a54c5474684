"""Figures of each exercise, from reports as data."""

import pytest

from grader.board.board_page import page
from grader.board.exercise_figures import ENOUGH, exercises, unreadable
from grader.board.overview import board
from grader.course.grade_class import Batch
from grader.grading.report import Mark, Outcome, Report, not_graded, scored
from tests.unit.grader.course.small_course import LAB, handed_in, judge, submit


def report(*points, reason="Lab 01, exercise 1: not yet."):
    return Report("01", tuple(scored(f"q{n}", p, 10, reason) for n, p in enumerate(points)))


def figures(reports):
    return {one.grade: one for one in exercises(reports)}


def test_difficulty_is_the_mean_share_and_discrimination_the_correlation_with_the_rest():
    strong, weak = report(10, 10, 5), report(0, 10, 0)
    found = figures([strong, weak] * (ENOUGH // 2))
    assert (found["q0"].difficulty, found["q0"].n) == (0.5, ENOUGH)
    assert found["q0"].discrimination == pytest.approx(1)
    assert found["q1"].discrimination is None  # everybody has all points


def test_an_exercise_that_only_weak_learners_pass_is_below_zero():
    found = figures([report(10, 0, 0), report(0, 10, 10)] * ENOUGH)
    assert found["q0"].discrimination == pytest.approx(-1)


def test_too_few_learners_give_no_discrimination():
    assert figures([report(10, 10), report(0, 0)])["q0"].discrimination is None


def test_open_marks_and_files_that_are_no_notebook_change_nothing():
    marks = (scored("q0", 0, 10, "Lab 01: no"), Mark("q1", Outcome.UNDECIDED, None, 10, "busy"))
    others = [report(0, 0, reason="This is not a notebook."), Report("01", marks)]
    assert figures([report(10, 5), *others]) == figures([report(10, 5)])


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (report(0, 0, reason="This is not a notebook."), "This is not a notebook."),
        (report(0, 0), ""),
        (report(10, 0, reason="This is not a notebook."), ""),
        (not_graded("01", [("q0", 10.0)], "The grader failed."), ""),
    ],
)
def test_what_was_no_notebook_is_told_from_wrong_answers(one, expected):
    assert unreadable(one) == expected


def test_a_corrupt_file_is_no_mistake_of_the_class(small):
    submit(small, "ada", handed_in("20", "15"))
    submit(small, "bad", "{ no notebook")
    list(Batch(small, judge).run(small.submissions()))
    found = board(small)
    [(student, lab, reason)] = found.unreadable
    assert (student, lab) == ("bad", LAB) and reason
    assert not any("bad" in mistake.students for mistake in found.mistakes)
    assert sum(found.verdicts[LAB].values()) == 2  # ada's
    assert "Not a notebook of the lab: 1" in page(found)
