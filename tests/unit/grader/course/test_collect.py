"""Loose notebooks find their learner and their lab."""

import pytest

from grader.course.collect import collected, named
from grader.course.course import CourseError, Work, course
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, small_course, write


@pytest.fixture
def here(tmp_path):
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
def test_whose_it_is(here, tmp_path, path, student):
    write(tmp_path / "mail" / path, handed_in())
    [work] = collected(here, tmp_path / "mail")
    assert work == Work(student, LAB, here.submitted(student, LAB))
    assert work.path.read_text() == (tmp_path / "mail" / path).read_text()
    assert here.works() == [work]


def test_which_lab_it_is_of(here, tmp_path):
    write(tmp_path / "mail" / "ada.ipynb", handed_in(lab=OTHER))
    assert collected(here, tmp_path / "mail")[0].lab == OTHER
    assert (
        collected(here, tmp_path / "mail", LAB)[0].lab == LAB
    )  # a wrong lab is the referee's to tell


def test_what_is_already_in_its_place_is_not_copied(here, tmp_path):
    path = write(here.submitted("ada", LAB), handed_in())
    assert collected(here, path) == here.works()
    path.chmod(0o444)
    write(tmp_path / "mail" / "ada.ipynb", handed_in("9"))
    collected(here, tmp_path / "mail")
    assert '"9"' in path.read_text()


def test_two_notebooks_of_one_learner_are_not_guessed_about(here, tmp_path):
    for folder in "xy":
        write(tmp_path / "mail" / folder / "ada.ipynb", handed_in())
    with pytest.raises(CourseError, match="both ada's"):
        collected(here, tmp_path / "mail")
    assert here.works() == []


@pytest.mark.parametrize("content", ["no", '{"cells": []}'])
def test_what_is_of_no_lab_has_to_be_named(here, tmp_path, content):
    write(tmp_path / "mail" / "ada.ipynb", content)
    with pytest.raises(CourseError, match="--lab"):
        collected(here, tmp_path / "mail")
    assert len(collected(here, tmp_path / "mail", LAB)) == 1


def test_what_is_not_there_is_a_sentence(here, tmp_path):
    with pytest.raises(CourseError, match="There is no"):
        collected(here, tmp_path / "nowhere")
    with pytest.raises(CourseError, match=f"choose from {LAB}, {OTHER}"):
        named(here, "99")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py"):
        course(tmp_path / "labs")
    assert named(here, "01") == named(here, LAB) == LAB
