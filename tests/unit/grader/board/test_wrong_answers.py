"""What the board shows of wrong answers: the check's message, a learner's code, and nobody's name."""

import pytest

from grader.board import board_page, learner_page
from grader.board.overview import board
from grader.board.wrong_answers import LINES, answer_cells, without_comments
from grader.course.course import load_course
from grader.course.grade_class import Batch
from tests.unit.grader.board.test_board import explaining_judge
from tests.unit.grader.course.small_course import LAB, handed_in, released, submit

LONG = "\n".join(f"x{n} = {n}" for n in range(40))


@pytest.fixture
def course(small):
    submit(small, "bob", handed_in("4", "0.0"))
    submit(small, "cyd", handed_in("5", "0  "))
    submit(small, "dan", "no notebook")
    list(Batch(small, explaining_judge).run(small.submissions()))
    return small


def anonymous(course):
    path = course.root / "nbgrader_config.py"
    path.write_text(path.read_text() + "c.Board.anonymous = True\n")
    return load_course(course.root)


def test_a_mistake_has_the_message_and_the_shortest_answer(course):
    [mistake, *_] = board(course).mistakes
    assert mistake.students == ("bob", "cyd")
    assert mistake.message.startswith("Lab 01, exercise 2 (percentile): not yet.")
    assert mistake.answer == "0"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# by Ada\nx = 1  # Ada was here\n\n", ["x = 1"]),
        ("x = '# no comment'", ["x = '# no comment'"]),
        ("def f(:  # Ada", ["def f(:"]),
        ('"""open\n# Ada', ['"""open']),
        ("", []),
        ("x = 1\n" + "y" * 1001 + "  # Ada\nz = 3", ["x = 1", "z = 3"]),
        ("x = 1\x0c\ny = 2  # Ada", ["x = 1", "y = 2"]),
    ],
)
def test_a_comment_is_not_shown(source, shown):
    assert list(without_comments(source)) == shown


def test_an_answer_is_what_stands_between_two_checks():
    assert answer_cells(released(), "01-q1") == {"01-gap-1"}
    assert answer_cells(released(), "01-q2") == {"01-gap-2"}
    assert answer_cells(released(), "01-q9") == set()


def test_a_long_answer_is_cut(small):
    submit(small, "bob", handed_in("4", "0"))
    list(Batch(small, explaining_judge).run(small.submissions()))
    submit(small, "bob", handed_in("4", LONG))  # handed in again, not graded again yet
    [mistake] = (one for one in board(small).mistakes if one.grade == "01-q2")
    assert len(mistake.answer.splitlines()) == LINES + 1 and mistake.answer.endswith("…")


def test_a_file_that_is_no_notebook_is_no_mistake(course):
    found = board(course)
    assert [row[:2] for row in found.unreadable] == [("dan", LAB)]
    assert not any("dan" in mistake.students for mistake in found.mistakes)


def test_every_learner_has_a_page(course):
    pages = dict(learner_page.pages(course, board(course), "board.html"))
    assert set(pages) == {"bob.html", "cyd.html", "dan.html"}
    assert "the rank" in pages["bob.html"] and "bob: 1 of 2 labs graded" in pages["bob.html"]
    assert 'href="../board.html"' in pages["bob.html"]
    overview = board_page.page(board(course))
    assert all(f'href="learners/{name}"' in overview for name in pages)


def test_an_anonymous_board_shows_no_name_and_the_same_numbers_each_time(course):
    hidden = anonymous(course)
    found = board(hidden)
    text = board_page.page(found)
    text += "".join("".join(one) for one in learner_page.pages(hidden, found, "board.html"))
    assert not [name for name in ("bob", "cyd", "dan") if name in text]
    assert len(found.standings) == 3
    assert board(hidden).standings == found.standings
    assert sorted(row[LAB].points for row in found.standings.values()) == [0, 4, 5]
