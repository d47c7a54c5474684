"""The class's guesses, read from submitted cells without running them."""

import pytest

from grader.board.board_page import pictures
from grader.board.guesses import LONGEST, guesses, numbers, stages
from grader.board.overview import board
from grader.course.course import Submission, load_course
from tests.unit.grader.course.small_course import CONFIG, data, released, submit, write

FIRST = "00-start"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("guess = {'a': 1, 'b': 2.5}", {"a": 1.0, "b": 2.5}),
        ("guess = {'a': None}\nguess |= {'a': 3}", {"a": 3.0}),
        ("guess = {'a': -1, 'b': True, 'c': 'x', 'd': 1e400, **{'e': 5}}", {"e": 5.0}),
        ("guess = {'a': __import__('os')._exit(1)}", {}),
        ("guess = {", {}),
        ("\0", {}),
        ("[" * 10_000, {}),
        ("guess = {'a': 1}" + " " * LONGEST, {}),
    ],
)
def test_numbers_of_a_guess(source, found):
    assert numbers(source) == found


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a unit test")
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    write(tmp_path / "labs" / FIRST / f"{FIRST}.ipynb", released(FIRST))
    return load_course(tmp_path)


def guessed(course, student, source):
    notebook = released(FIRST)
    notebook.cells[2].source = source
    notebook.cells[2].metadata = {"nbgrader": data("l00-q0-guess", solution=True)["nbgrader"]}
    submit(course, student, notebook, FIRST)


def test_the_class_guesses_its_median_and_a_picture_shows_it(course):
    for student, ms in (("ada", 1000), ("bob", 3000), ("cyd", 200)):
        guessed(course, student, f"guess_ms = {{'generate': {ms}, 'network': 50}}")
    guessed(course, "dan", "what?")
    found = board(course).guesses
    assert stages(found) == ({"generate": 1000.0, "network": 50.0}, 3)
    [(title, picture)] = pictures(board(course))
    assert "guess" in title and "1,000" in picture.description


def test_a_file_that_is_no_notebook_guesses_nothing(course):
    path = submit(course, "ada", "no notebook", FIRST)
    assert not list(guesses(course, {("ada", FIRST): Submission("ada", FIRST, path)}))
