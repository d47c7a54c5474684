"""From notebook to report: order of cells and checks, and errors of either side."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import secret
from grader.grading import referee, speed_gate
from grader.grading.lab import lab
from grader.grading.notebook import NotebookError, digest
from grader.grading.referee import Setting, grade, unreadable
from grader.grading.report import Mark, Outcome, Report, best_of
from grader.sandbox.jail import why_no_jail
from grader.sandbox.processes import NotStoppedError
from grader.thresholds import FILE, Thresholds, thresholds
from harness.errors import PlainError
from tests.small_lab import BAR, cell, notebook

QUICK = Thresholds(models=False, check_s=20, cell_s=5, call_s=5, total_s=20)
BREAKDOWN = (
    "def breakdown(trace):\n"
    "    names = ('network', 'preprocess', 'retrieve', 'generate', 'postprocess')\n"
    "    return {n: sum(s.duration_ms for s in trace.spans if s.name == n) for n in names}"
)
SETTING = Setting(jailed=not why_no_jail(), thresholds=lambda lab: QUICK)


GUESS = cell("checks.prediction(guess, ['a'], lab='01')", "guess", 5)
CHECK = cell("checks.breakdown(breakdown)", "q1", 20)
GAP = cell("raise NotImplementedError('empty')", "q1-gap")
LAB = lab("01", notebook(GUESS, GAP, CHECK))


def marks(*cells, setting=SETTING):
    return {mark.id: mark for mark in grade(LAB, notebook(*cells), setting).marks}


def test_a_check_sees_what_is_defined_at_its_place():
    found = marks(cell("guess = {'a': 1}"), GUESS, cell("guess = None"), cell(BREAKDOWN), CHECK)
    assert (found["guess"].points, found["q1"].points) == (5, 20)
    assert found["q1"].outcome is Outcome.PASSED
    assert "passed" in found["q1"].reason


MEASURED = new_code_cell("runs = globals().get('runs', 0) + 1", metadata={"tags": ["measures"]})
MEASURING = lab("01", notebook(GUESS, MEASURED, GAP, CHECK))


@pytest.mark.parametrize(
    ("answer", "earned"),
    [
        ("guess = {'a': 1}\nassert 'runs' not in globals()", 5),  # needs nothing of it: not run
        ("guess = {'a': runs}\nassert runs == 1", 5),
        ("guess = {'a': 1 / (runs - 1)}", 0),  # run, and then the learner's own mistake
        ("guess = {'a': rums}", 0),
    ],
)
def test_a_measuring_cell_runs_once_a_later_cell_needs_its_names(answer, earned):
    found = grade(MEASURING, notebook(MEASURED, cell(answer), GUESS, CHECK), SETTING)
    assert {mark.id: mark.points for mark in found.marks}["guess"] == earned
    assert [error.own for error in found.errors] == [True] * (earned == 0)


def test_a_measuring_cell_that_a_learner_changed_runs_at_its_place():
    mine = cell(MEASURED.source + "\nruns = 7")
    found = grade(MEASURING, notebook(mine, cell("guess = {'a': runs}"), GUESS), SETTING)
    assert found.marks[0].points == 5


def test_a_changed_check_cell_is_never_run():
    mine = cell("breakdown = None\nimport os\nos._exit(0)", "q1", 20)
    assert marks(cell(BREAKDOWN), mine)["q1"].points == 20


def test_a_check_cell_counts_once_wherever_it_is_copied_to():
    copies = [cell("", "q1", 20) for _ in range(2)]
    found = marks(CHECK, cell(BREAKDOWN), *copies)
    assert found["q1"].points == 20  # at its last place, where the exercise is defined
    assert marks(*copies, CHECK, cell(BREAKDOWN))["q1"].points == 0


def test_missing_check_cells_are_run_at_the_end():
    assert marks(cell(BREAKDOWN, "q1-gap"), cell("guess = {'a': 2}"))["guess"].points == 5


def test_cells_that_raise_are_named_and_cost_nothing():
    report = grade(LAB, notebook(cell("1/0"), cell(BREAKDOWN), CHECK, cell("nix")), SETTING)
    assert report.points == 20
    assert [one.error.split(":")[0] for one in report.errors] == ["ZeroDivisionError", "NameError"]
    values = json.loads(json.dumps(report.to_json()))
    assert (values["points"], values["out_of"], values["complete"]) == (20, 25, True)
    assert values["jail"] == "jailed" or values["jail"].startswith("Not jailed")


def test_a_process_that_dies_keeps_earned_points_and_the_other_marks_say_why():
    found = marks(
        cell("guess = {'a': 1}"), GUESS, cell("import os; os._exit(7)"), cell(BREAKDOWN), CHECK
    )
    assert found["guess"].points == 5
    assert (found["q1"].points, found["q1"].outcome) == (0, Outcome.FAILED)
    assert "exit status 7" in found["q1"].reason


ENDLESS = "while True: pass"


@pytest.mark.parametrize(
    ("cells", "earned", "error"),
    [
        ([cell(ENDLESS), cell(BREAKDOWN)], 0, "All other cells together took more than 1 s."),
        ([cell(ENDLESS), cell(BREAKDOWN, "q1-gap")], 20, "It was still running"),
        ([cell(ENDLESS, "q1-gap"), cell(BREAKDOWN)], 20, "It was still running"),
        ([cell(ENDLESS, "q1-gap")] * 2, 0, "All exercises together took more than 1 s."),
    ],
)
def test_exercises_and_a_learners_own_measurements_have_a_budget_each(cells, earned, error):
    hasty = QUICK.model_copy(update={"total_s": 1.0})
    setting = Setting(jailed=SETTING.jailed, thresholds=lambda lab: hasty)
    report = grade(LAB, notebook(*cells, CHECK), setting)
    assert report.points == earned
    assert error in report.errors[-1].error


SITTINGS = [  # points in the first sitting, in the second, and what counts; None is no verdict
    ((20.0, 0.0), (0.0, 15.0), (20.0, 15.0)),
    ((20.0, 15.0), (5.0, 0.0), (20.0, 15.0)),
    ((0.0, 0.0), (5.0, None), (5.0, None)),
    ((20.0, None), (None, 15.0), (20.0, 15.0)),
    ((12.5, 0.0), (12.5, 0.0), (12.5, 0.0)),
]


@pytest.mark.parametrize(("first", "second", "counts"), SITTINGS)
def test_the_better_of_both_sittings_counts_mark_by_mark(first, second, counts):
    def report(points):
        return Report(
            "01", tuple(Mark(str(n), Outcome.PARTLY, p, 20, "") for n, p in enumerate(points))
        )

    assert tuple(mark.points for mark in best_of(report(first), report(second)).marks) == counts


def test_all_calls_of_a_check_have_a_limit_and_the_next_check_its_own():
    hasty = QUICK.model_copy(update={"check_s": 0.5})
    setting = Setting(jailed=SETTING.jailed, thresholds=lambda lab: hasty)
    slow = (
        "import time\ndef breakdown(trace):\n    time.sleep(0.2)\n    return {}\nguess = {'a': 1}"
    )
    found = marks(cell(slow), CHECK, GUESS, setting=setting)
    assert (found["q1"].points, found["guess"].points) == (0, 5)


def test_learners_text_cannot_control_a_terminal():
    found = marks(
        cell("def breakdown(trace):\n    raise ValueError('\\x1b[2J\\u202e paid')"), CHECK
    )
    assert "?[2J? paid" in found["q1"].reason


def test_a_notebook_of_another_lab_gets_no_points():
    report = grade(LAB, notebook(cell(BREAKDOWN, "l07-q1")), SETTING)
    assert report.points == 0 and report.complete
    assert all("no cell of lab 01" in mark.reason for mark in report.marks)


def test_an_unreadable_file_has_a_report_too():
    report = unreadable(LAB, NotebookError("It is not a notebook."))
    assert [mark.reason for mark in report.marks] == ["It is not a notebook."] * 2


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PlainError("Why not.")])
def test_when_grading_fails_there_are_no_points_rather_than_zeros(monkeypatch, error):
    def broken(*args):
        raise error

    monkeypatch.setattr(referee, "session", broken)
    report = grade(LAB, notebook(CHECK), SETTING)
    assert not report.complete
    assert {mark.outcome for mark in report.marks} == {Outcome.NOT_GRADED}
    assert all(mark.points is None for mark in report.marks)
    assert all(str(error) in mark.reason for mark in report.marks)


def test_a_check_that_cannot_work_here_is_not_graded(monkeypatch):
    def unprepared(function):
        raise PlainError("Run `under500 prepare`.")

    monkeypatch.setattr("grader.checks.breakdown", unprepared)
    mark = marks(cell(BREAKDOWN), CHECK)["q1"]
    assert (mark.outcome, mark.points) == (Outcome.NOT_GRADED, None)


def test_processes_that_work_out_of_turn_earn_nothing(monkeypatch):
    def working(function):
        raise NotStoppedError("Its processes worked when it was not their turn.")

    monkeypatch.setattr("grader.checks.breakdown", working)
    mark = marks(cell(BREAKDOWN), CHECK)["q1"]
    assert (mark.outcome, mark.points) == (Outcome.FAILED, 0.0)


@pytest.mark.parametrize(
    ("sources", "specs"),
    [
        (["guess = {'a': 1}", BREAKDOWN], [False]),  # right without models
        (["guess = {}", "raise NotImplementedError"], [False]),  # wrong, but not for want of them
        (["import numpy_of_mine", BREAKDOWN], [False, True]),  # perhaps it wanted them
    ],
)
def test_models_are_only_there_when_a_learners_own_cell_may_need_them(monkeypatch, sources, specs):
    seen = []
    made = referee.session

    def noted(spec, call_s, start):
        seen.append(spec.models)
        return made(Setting(jailed=SETTING.jailed).spec(False), call_s, start)

    monkeypatch.setattr(referee, "session", noted)
    monkeypatch.setattr(referee, "_prepared", lambda: True)
    marks(*map(cell, sources), GAP, CHECK)
    assert seen == specs


def test_without_a_yardstick_nothing_is_graded():
    bar = BAR.model_copy(update={"grade": "q1"})
    setting = Setting(
        jailed=SETTING.jailed,
        thresholds=lambda lab: QUICK.model_copy(update={"bar": bar}),
        yardstick="raise RuntimeError('no model')",
    )
    report = grade(LAB, notebook(cell(BREAKDOWN), CHECK), setting)
    assert {mark.points for mark in report.marks} == {None}
    assert "no model" in report.marks[0].reason


def test_seeds_are_the_same_for_a_regrade_and_for_no_other_submission(tmp_path):
    one, again, other = (secret.seed("10", text) for text in ("x", "x", "y"))
    assert one == again != other
    assert one != secret.seed("10", "x", file=tmp_path / "another")
    assert (tmp_path / "another").stat().st_mode & 0o077 == 0


def test_no_question_comes_twice_and_ids_reveal_nothing():
    cases = speed_gate.fresh_cases(2 * 62, seed=1)
    assert len({case.question.text for case in cases}) == len(cases)
    assert not {case.question.id for case in cases} & {
        c.question.id for c in speed_gate.fresh_cases(124, 1)
    }


def test_thresholds_fit_the_labs(root):
    assert thresholds("01-profile").bar is None
    capstone = thresholds("10-capstone")
    # answers that show quality
    assert capstone.models and capstone.bar.most >= capstone.bar.pairs >= 36
    assert "01-profile" not in FILE.read_text() or thresholds("01-profile")


def test_two_programs_never_have_one_digest():
    sources = ["a = 1\x1eb = 2"], ["a = 1", "b = 2"], ["a = 1", "b = ", "2"]
    notebooks = [new_notebook(cells=[new_code_cell(s) for s in cells]) for cells in sources]
    assert len({digest(notebook) for notebook in notebooks}) == 3
