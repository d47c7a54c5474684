"""The grade cells of a lab are parsed from the released notebook and not executed."""

import nbformat
import pytest

from grader.grading.lab import LabError, Name, lab
from harness.semconv import STAGES
from tests.small_lab import cell, notebook


def graded(source, points=10, id_="l01-q1-check"):
    return cell(source, id_, points)


def only(*cells):
    [one] = lab("01", notebook(*cells)).grades.values()
    return one


def test_names_and_literals_are_distinguished():
    grade = only(graded('checks.prediction(guess, ["a", "b"], lab="01")', 5))
    assert (grade.id, grade.points, grade.check) == ("l01-q1-check", 5.0, "prediction")
    assert grade.arguments == (Name("guess"), ["a", "b"])
    assert grade.options == {"lab": "01"}
    assert grade.names == ("guess",)


def test_stages_are_not_the_learners_variable():
    assert only(graded("checks.prediction(guess, STAGES, lab='00')")).arguments[1] == STAGES


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        "checks.breakdown(f)\nchecks.explain(g)",
        "checks.no_such_check(f)",
        "checks.__class__(f)",
        "os.system('true')",
        "checks.breakdown(f())",
        "checks.breakdown(*args)",
        "checks.breakdown(",
        "breakdown(f)",
    ],
)
def test_another_form_of_check_cell_is_refused(source):
    with pytest.raises(LabError, match="l01-q1-check"):
        lab("01", notebook(graded(source)))


@pytest.mark.parametrize(
    ("returned", "points"),
    [(None, 10), (4.5, 4.5), (99.0, 10), (-3.0, 0), (float("nan"), 0), (float("inf"), 0)],
)
def test_points_stay_within_what_the_cell_has(monkeypatch, returned, points):
    monkeypatch.setattr("grader.checks.breakdown", lambda function: returned)
    assert only(graded("checks.breakdown(f)")).run({"f": print}.__getitem__) == points


def test_every_check_cell_of_every_lab_is_valid(root):
    for path in sorted((root / "labs").glob("*/*.ipynb")):
        found = lab(path.stem, nbformat.read(path, as_version=4))
        assert sum(grade.points for grade in found.grades.values()) == 100, path
        assert set(found.grades) < found.ids
