"""The instructor's board: progress, undecided marks, common mistakes and latencies."""

import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from grader.board.board_page import frontier, page, summary
from grader.board.overview import Status, board
from grader.board.wrong_answers import where
from grader.cli.board import board as verb
from grader.course import records
from grader.course.course import Submission
from grader.course.grade_class import Batch
from grader.grading.report import Mark, Outcome, Report, scored
from harness.cli.output import plain_errors
from harness.measure.stats import Proportion
from harness.show.pareto import Point
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit, write

FAILED = """Lab 01, exercise 2 (percentile): not yet.
  expected  {expected}
  got       {got}
  look at   the rank: it is one of the samples,
            and not between two of them"""
app = typer.Typer()
app.command()(plain_errors(verb))


def explaining_judge(lab, notebook):
    """Return the judge of the small course, with the message of a check for 0 points."""
    report = judge(lab, notebook)
    marks = [
        scored(m.id, 0.0, m.out_of, FAILED.format(expected=n, got=notebook.cells[2].source))
        if m.points == 0
        else m
        for n, m in enumerate(report.marks)
    ]
    return Report(report.lab, tuple(marks))


@pytest.fixture
def course(small):
    submit(small, "ada", handed_in("20", "15"))
    submit(small, "bob", handed_in("4", "0"))
    submit(small, "cyd", handed_in("5", "0"))
    submit(small, "dan", handed_in("20", "?"))
    submit(small, "ada", handed_in("1", "1", lab=OTHER), OTHER)
    list(Batch(small, explaining_judge).run(small.submissions()))
    submit(small, "eve", handed_in("1", "1"))
    return small


def test_every_learner_has_a_status_in_every_lab(course):
    found = board(course)
    assert found.standings["ada"][LAB].status is Status.GRADED
    assert found.standings["ada"][LAB].points == 35
    assert found.standings["dan"][LAB].status is Status.OPEN
    assert found.standings["eve"][LAB].status is Status.HANDED_IN
    assert found.standings["bob"][OTHER].status is Status.NOTHING
    assert summary(found) == "5 learners, 6 submissions, 4 graded, 1 undecided"


def test_points_come_from_the_gradebook(course):
    from grader.course import gradebook

    with gradebook.opened(course) as book:
        grade = book.find_submission_notebook(LAB, LAB, "bob").grades[0]
        grade.manual_score = 19.0
        book.db.commit()
    assert board(course).standings["bob"][LAB].points > 15


def test_the_most_common_mistake_says_where_to_look(course):
    [first, *_] = board(course).mistakes
    assert first.students == ("bob", "cyd")
    assert first.look == "the rank: it is one of the samples, and not between two of them"


def test_an_empty_exercise_is_no_mistake():
    empty = "Lab 01, exercise 2 is still empty.\n  expected  a value\n  look at   the gap"
    assert not where(Mark("q", Outcome.FAILED, 0, 1, empty))


def test_undecided_marks_are_in_the_queue(course):
    [one] = board(course).queue
    assert (one.student, one.lab) == ("dan", LAB)


def test_late_submissions_are_marked_and_penalised(small):
    (small.root / "nbgrader_config.py").write_text(
        (small.root / "nbgrader_config.py").read_text()
        + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
    )
    from grader.course import gradebook
    from grader.course.course import load_course as course_in

    late = course_in(small.root)
    path = submit(late, "ada", handed_in("20", "15"))
    write(path.with_name("timestamp.txt"), "2026-11-25 12:00:00 UTC")
    gradebook.register(late, LAB)
    with gradebook.opened(late) as book:
        book.update_or_create_assignment(LAB, duedate="2026-11-25 10:00:00 UTC")
    list(Batch(late, judge).run(late.submissions()))
    found = board(late).standings["ada"][LAB]
    assert (found.points, found.late, found.late_s) == (0, 35, 7200)
    assert "late 2.0 h, −35" in page(board(late))


def timed(course, student, ms, right):
    """Write a record like the referee's for a timed lab."""
    pairs = tuple((ms + n, 500.0) for n in range(12))
    marks = (
        Mark("01-q1", Outcome.PASSED, 20, 20, "Under.", pairs=pairs, right=(right, 12)),
        scored("01-q2", 15, 15, "passed"),
    )
    submission = Submission(student, LAB, submit(course, student, handed_in()))
    path = course.record(student, LAB)
    digest = records.digest(course.handed_in(submission), course.released(LAB))
    records.write(path, records.Record(digest, Report(LAB, marks), True))


def test_latencies_are_scaled_to_the_yardstick(small):
    for student, ms, right in (("ada", 250, 10), ("bob", 400, 12), ("cyd", 420, 9)):
        timed(small, student, ms, right)
    found = board(small)
    assert [speed.ms for speed in found.speeds] == [255.5, 405.5, 425.5]
    text = page(found)
    assert "how fast the class is" in text and "latency against right answers" in text
    assert text.count("data:image/png;base64,") == 4  # each for light and for dark pages


def test_the_frontier_is_not_dominated():
    points = [
        Point(name, ms, Proportion(right, 12))
        for name, ms, right in (("a", 250, 10), ("b", 400, 12), ("c", 420, 9), ("d", 400, 11))
    ]
    assert frontier(points) == {"a", "b"}


def test_a_learners_name_cannot_change_the_page(small):
    submit(small, "<script>alert(1)</script>", handed_in())
    assert "<script>" not in page(board(small))


def test_a_mark_given_without_a_jail_says_so(small):
    def without_jail(lab, notebook):
        return replace(judge(lab, notebook), no_jail="Not jailed: it was switched off.")

    for student, judged in (("ada", judge), ("bob", without_jail)):
        submit(small, student, handed_in("20", "15"))
        list(Batch(small, judged).run(small.submissions()))
    assert [row[LAB].jailed for row in board(small).standings.values()] == [True, False]
    assert page(board(small)).count("no jail") == 1


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_marks_are_written_whatever_the_overview_meets(course, tmp_path, monkeypatch):
    monkeypatch.setattr("grader.board.overview.board", lambda _: 1 / 0)
    result = run("--course", str(course.root), "--csv", str(tmp_path / "marks.csv"))
    assert isinstance(result.exception, ZeroDivisionError)
    assert '"ada"' in (tmp_path / "marks.csv").read_text()


def test_the_verb_writes_to_the_terminal_as_a_page_and_as_json(course, tmp_path):
    result = run("--course", str(course.root), "--page", str(tmp_path / "board.html"), "--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout.splitlines()[-1])
    assert values["standings"]["ada"][LAB]["points"] == 35
    assert "Most common mistakes" in (tmp_path / "board.html").read_text()
    plain = run("--course", str(course.root))
    assert "5 learners" in plain.output and "the rank" in " ".join(plain.output.split())
