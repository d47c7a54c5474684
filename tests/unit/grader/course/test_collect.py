"""Loose notebooks are assigned to their learner and their lab."""

import pytest

from grader.course.collect import collect, find_lab
from grader.course.course import CourseError, Submission
from grader.course.course import load_course as load_course
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, small_course, write


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path)


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada.ipynb", "ada"),
        (f"ada_{LAB}.ipynb", "ada"),
        (f"{LAB}-ada.ipynb", "ada"),
        (f"ada/{LAB}.ipynb", "ada"),
        (f"ada/{LAB}/{LAB}.ipynb", "ada"),
        ("Ada Lovelace (1).ipynb", "Ada-Lovelace-1"),
        ("ada@example.org.ipynb", "ada@example.org"),
        ("..ipynb", "unknown"),
    ],
)
def test_the_learner_follows_from_the_path(course, tmp_path, path, student):
    write(tmp_path / "mail" / path, handed_in())
    [submission] = collect(course, tmp_path / "mail")
    assert submission == Submission(student, LAB, course.submitted(student, LAB))
    assert submission.path.read_text() == (tmp_path / "mail" / path).read_text()
    assert course.submissions() == [submission]


def test_the_lab_follows_from_the_cells(course, tmp_path):
    write(tmp_path / "mail" / "ada.ipynb", handed_in(lab=OTHER))
    assert collect(course, tmp_path / "mail")[0].lab == OTHER
    [submission] = collect(course, tmp_path / "mail", LAB)
    assert submission.lab == LAB  # the referee reports a wrong lab


def test_a_file_in_its_place_is_not_copied(course, tmp_path):
    path = write(course.submitted("ada", LAB), handed_in())
    assert collect(course, path) == course.submissions()
    path.chmod(0o444)
    write(tmp_path / "mail" / "ada.ipynb", handed_in("9"))
    collect(course, tmp_path / "mail")
    assert '"9"' in path.read_text()


def test_two_notebooks_of_one_learner_are_refused(course, tmp_path):
    for folder in "xy":
        write(tmp_path / "mail" / folder / "ada.ipynb", handed_in())
    with pytest.raises(CourseError, match=f"ada for {LAB}"):
        collect(course, tmp_path / "mail")
    assert course.submissions() == []


@pytest.mark.parametrize("content", ["no", '{"cells": []}'])
def test_a_notebook_of_no_lab_needs_the_option_lab(course, tmp_path, content):
    write(tmp_path / "mail" / "ada.ipynb", content)
    with pytest.raises(CourseError, match="--lab"):
        collect(course, tmp_path / "mail")
    assert len(collect(course, tmp_path / "mail", LAB)) == 1


def test_missing_files_labs_and_courses_raise_courseerror(course, tmp_path):
    with pytest.raises(CourseError, match="nowhere"):
        collect(course, tmp_path / "nowhere")
    with pytest.raises(CourseError, match=f"{LAB}, {OTHER}"):
        find_lab(course, "99")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py"):
        load_course(tmp_path / "labs")
    assert find_lab(course, "01") == find_lab(course, LAB) == LAB
