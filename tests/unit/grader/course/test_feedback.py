"""The page contains verdicts and reasons, no source of a check, and no executable text of a learner."""

import pytest

from grader.course.feedback import page
from grader.course.gradebook import Entries
from grader.course.merge_submission import merged, with_marks
from grader.grading.lab import lab
from grader.grading.report import Mark, Outcome, Report
from tests.unit.grader.course.small_course import LAB, handed_in, judge, released, small_course

SECRET = "assert answer == 289  # only the source notebook knows"


def paged(first="20", second="15", entries=None, **report):
    notebook = merged(released(), handed_in(first, second), LAB)
    found = Report(LAB, **report) if report else judge(lab(LAB, released()), notebook)
    return page(with_marks(notebook, found), entries)


def test_points_verdicts_reasons_pictures_and_answers():
    text = paged("20", "3")
    assert "23 of 35 points" in text
    assert text.count("data:image/png;base64,") == 1
    for said in ("Said 20.", "passed", "partly", "01-q2", "<pre>3</pre>"):
        assert said in text


def test_no_source_of_a_check_and_nothing_hidden(tmp_path):
    text = paged()
    for cell in released().cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert cell.source not in text
    course = small_course(tmp_path)
    source = course.released(LAB)
    source.cells[3].source += f"\n### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS"
    notebook = merged(released(), handed_in(), LAB)
    assert SECRET not in page(with_marks(notebook, judge(lab(LAB, released()), notebook)))


def test_text_of_a_learner_is_escaped():
    mark = Mark("01-q1", Outcome.FAILED, 0.0, 20, "<script>alert(1)</script>")
    text = paged("<img src=x onerror=alert(1)>", "7", marks=(mark,))
    assert "<script" not in text
    assert "<img src=x" not in text


def test_open_marks_are_not_zeros():
    text = paged("20", "?")
    assert "15 points have no verdict yet" in text
    assert "– of 15" in text.replace("<span>", "")


def test_manual_points_and_comments_take_precedence():
    entries = Entries({"01-q1": 3.0, "01-q2": 15.0}, {"01-gap-1": "Look again."})
    text = paged(entries=entries)
    assert "18 of 35 points" in text
    assert "entered by hand" in text
    assert "Look again." in text


def test_a_late_penalty_is_shown():
    text = paged(entries=Entries({}, {}, late=5.0))
    assert "30 of 35 points" in text
    assert "5 points were deducted" in text


def test_a_timed_mark_has_a_plot():
    mark = Mark("01-q1", Outcome.PASSED, 20.0, 20, "Faster.", pairs=((300.0, 500.0),) * 12)
    text = paged(marks=(mark,))
    assert text.count("data:image/png;base64,") == 2
    assert "0.60 times" in text


def test_without_a_jail_it_says_so():
    mark = Mark("01-q1", Outcome.PASSED, 20.0, 20, "-")
    assert "Not jailed: no bwrap." in paged(marks=(mark,), no_jail="Not jailed: no bwrap.")


def test_a_notebook_that_was_never_graded_has_no_page():
    with pytest.raises(KeyError):
        page(released())
