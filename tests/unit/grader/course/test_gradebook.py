"""Old marks are deleted, new ones entered, manual ones kept; a locked gradebook raises."""

import sqlite3
from datetime import datetime

import pytest

from grader.course import gradebook
from grader.course.grade_class import Batch
from grader.course.gradebook import LockedError, StaleError, entries, expire, register, save
from grader.grading.report import Mark, Outcome, Report
from tests.unit.grader.course.small_course import LAB, handed_in, judge, submit, write

NOTHING = {"01-q1": None, "01-q2": None}


@pytest.fixture
def course(small):
    register(small, LAB)
    submit(small, "ada", handed_in())
    expire(small, "ada", LAB)
    return small


def entered(course, first, second):
    save(course, "ada", judge(course.lab(LAB), handed_in(first, second)))


def rows(course):
    with gradebook.opened(course) as book:
        grades = book.find_submission_notebook(LAB, LAB, "ada").grades
        return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in grades}


def test_points_are_entered_and_missing_ones_are_not_zero(course):
    entered(course, "12.5", "?")
    assert rows(course) == {"01-q1": (12.5, None, False), "01-q2": (None, None, True)}
    assert entries(course, "ada", LAB).scores == {"01-q1": 12.5, "01-q2": None}


def test_expire_deletes_old_points(course):
    entered(course, "20", "15")
    expire(course, "ada", LAB)
    assert entries(course, "ada", LAB).scores == NOTHING


def test_manual_entries_are_kept(course):
    entered(course, "20", "15")
    with gradebook.opened(course) as book:
        book.find_grade("01-q1", LAB, LAB, "ada").manual_score = 3.0
        book.find_comment("01-gap-1", LAB, LAB, "ada").manual_comment = "Nice."
        book.db.commit()
    expire(course, "ada", LAB)
    entered(course, "20", "15")
    assert rows(course) == {"01-q1": (20.0, 3.0, True), "01-q2": (15.0, None, False)}
    found = entries(course, "ada", LAB)
    assert found.scores == {"01-q1": 3.0, "01-q2": 15.0}
    assert found.comments == {"01-gap-1": "Nice."}


def test_points_of_a_person_and_comments_survive_a_second_grading_of_new_work(small):
    submit(small, "ada", handed_in("20", "15"))
    assert all(step.record.entered for step in Batch(small, judge).run(small.submissions()))
    with gradebook.opened(small) as book:
        book.find_grade("01-q1", LAB, LAB, "ada").manual_score = 3.0
        book.find_comment("01-gap-1", LAB, LAB, "ada").manual_comment = "Nice."
        book.db.commit()
    submit(small, "ada", handed_in("10", "5"))  # handed in again
    for again in (False, True):
        list(Batch(small, judge, again=again).run(small.submissions()))
        found = entries(small, "ada", LAB)
        assert found.scores == {"01-q1": 3.0, "01-q2": 5.0}
        assert found.comments == {"01-gap-1": "Nice."}
    # The answer may be another one: Formgrader lists the entry for review.
    assert rows(small)["01-q1"] == (10.0, 3.0, True)
    assert "Nice." in small.feedback("ada", LAB).read_text()


def test_no_other_record_changes(course):
    entered(course, "20", "15")
    submit(course, "bob", handed_in())
    expire(course, "bob", LAB)
    marks = tuple(Mark(id_, Outcome.FAILED, 0.0, 20, "-") for id_ in NOTHING)
    save(course, "bob", Report(LAB, marks))
    assert entries(course, "ada", LAB).scores == {"01-q1": 20.0, "01-q2": 15.0}


def test_registering_twice_changes_nothing(course):
    entered(course, "20", "15")
    register(course, LAB)
    assert entries(course, "ada", LAB).scores == {"01-q1": 20.0, "01-q2": 15.0}


def test_another_version_of_a_lab_that_has_marks_is_refused(course):
    notebook = course.released(LAB)
    notebook.cells[3].metadata.nbgrader.grade_id = "01-q9"
    write(course.root / "labs" / LAB / f"{LAB}.ipynb", notebook)
    with pytest.raises(StaleError, match="01-small"):
        register(course, LAB)


def test_a_locked_gradebook_raises_and_nothing_is_written(course, monkeypatch):
    monkeypatch.setattr(gradebook, "TIMEOUT_S", 0)
    entered(course, "20", "15")
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        for action in (
            lambda: entered(course, "0", "0"),
            lambda: expire(course, "ada", LAB),
            lambda: register(course, LAB),
        ):
            with pytest.raises(LockedError, match="locked"):
                action()
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert entries(course, "ada", LAB).scores == {"01-q1": 20.0, "01-q2": 15.0}


def test_a_late_submission_gets_the_penalty_of_the_course(course):
    course.config.LateSubmissionPlugin.penalty_method = "zero"
    course.submitted("ada", LAB).with_name(gradebook.TIMESTAMP).write_text(
        "2026-11-20 10:00:00 UTC"
    )
    with gradebook.opened(course) as book:
        book.update_or_create_assignment(LAB, duedate=datetime(2026, 11, 1))
    expire(course, "ada", LAB)
    entered(course, "20", "15")
    gradebook.penalise(course, "ada", LAB)
    assert entries(course, "ada", LAB).late == 35.0


@pytest.mark.parametrize(
    ("stamp", "known"),
    [("2026-11-20 10:00:00 UTC", True), ("", False), ("yesterday, honestly", False)],
)
def test_only_a_valid_timestamp_is_entered(course, stamp, known):
    course.submitted("ada", LAB).with_name(gradebook.TIMESTAMP).write_text(stamp)
    expire(course, "ada", LAB)
    with gradebook.opened(course) as book:
        assert (book.find_submission(LAB, "ada").timestamp is not None) is known
