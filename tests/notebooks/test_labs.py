"""Whole labs through nbgrader: solved ones earn everything, untouched ones nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import nbformat
import pytest

from tests.notebooks.course import LIGHT, Course, released, solution, solved

# With the models themselves; the others measure for minutes and belong on a quiet machine.
REAL = ("00-start-here", "01-profile")
EACH_LAB = pytest.mark.parametrize("lab", LIGHT)


def points(lab: str) -> dict[str, float]:
    """Grade id -> points, as the released lab says."""
    data = [cell.metadata.get("nbgrader", {}) for cell in released(lab).cells]
    return {one["grade_id"]: one["points"] for one in data if one.get("grade")}


def grade_everything(course: Course) -> Course:
    """Return a solver and somebody who handed in both labs untouched, graded, with feedback."""
    for lab in LIGHT:
        course.add(lab, solution(lab))
        course.nbgrader("generate_assignment", lab)
        course.submit("solver", lab, solved(lab))
        course.submit("untouched", lab, released(lab))
        course.nbgrader("autograde", lab)
        course.nbgrader("generate_feedback", lab)
    return course


@pytest.fixture(scope="module")
def graded(new_course: Callable[[bool], Course]) -> Course:
    """Everything graded, with an assistant that answers at once."""
    return grade_everything(new_course(fake=True))


@EACH_LAB
def test_a_solved_lab_earns_all_points(graded, lab):
    assert graded.scores("solver", lab) == points(lab)


@EACH_LAB
def test_an_untouched_lab_earns_none(graded, lab):
    assert graded.scores("untouched", lab) == dict.fromkeys(points(lab), 0)


@EACH_LAB
def test_a_solved_lab_shows_no_error(graded, lab):
    assert not [cell.id for cell in autograded(graded, "solver", lab) if errors(cell)]


@EACH_LAB
def test_every_check_of_an_untouched_lab_says_what_is_empty_and_where_to_look(graded, lab):
    for cell in autograded(graded, "untouched", lab):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            [error] = errors(cell)
            assert error.ename == "CheckFailed", cell.id
            shown = "\n".join(error.traceback)
            assert re.search(r"still empty|a number for", shown), cell.id
            assert "look at" in shown
            assert len(error.traceback) <= 8, cell.id


@EACH_LAB
def test_feedback_shows_the_verdicts_and_no_solution(graded, lab):
    page = graded.feedback("untouched", lab)
    assert "look at" in page
    assert "SOLUTION" not in page


@EACH_LAB
def test_validate_agrees(graded, lab):
    said = graded.nbgrader("validate", f"submitted/solver/{lab}/{lab}.ipynb")
    assert "Success! Your notebook passes all the tests." in said
    said = graded.nbgrader("validate", f"labs/{lab}/{lab}.ipynb")
    assert f"VALIDATION FAILED ON {len(points(lab))} CELL(S)" in said


@pytest.mark.models
@pytest.mark.timeout(1500)  # five minutes of requests, several times that beside a busy neighbour
def test_with_the_real_assistant_solved_labs_earn_all_points(new_course):
    course = new_course(fake=False)
    for lab in REAL:
        course.add(lab, solution(lab))
        course.nbgrader("generate_assignment", lab)
        course.submit("solver", lab, solved(lab))
        course.nbgrader("autograde", lab)
        assert course.scores("solver", lab) == points(lab)
        assert not [cell.id for cell in autograded(course, "solver", lab) if errors(cell)]


def autograded(course: Course, student: str, lab: str) -> list[nbformat.NotebookNode]:
    path = course.root / "autograded" / student / lab / f"{lab}.ipynb"
    return nbformat.read(path, as_version=4).cells


def errors(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [out for out in cell.get("outputs", []) if out.output_type == "error"]
