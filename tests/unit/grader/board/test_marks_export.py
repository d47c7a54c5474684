"""Marks for Canvas and for a spreadsheet, without a server."""

import csv
import io
from types import SimpleNamespace

import pytest

from grader.board.marks_export import COLUMNS, ExportError, as_csv, for_canvas, safe, to_canvas
from grader.cli.board import split_url
from grader.course.grade_class import Batch
from harness.errors import WrongUseError
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit


@pytest.fixture
def course(small):
    submit(small, "ada, the first", handed_in("20", "15"))
    submit(small, "bob", handed_in("20", "?"))
    submit(small, "@cyd()", handed_in("1.5", "0"))
    submit(small, "bob", handed_in("2", "2", lab=OTHER), OTHER)
    list(Batch(small, judge).run(small.submissions()))
    return small


def test_the_table_reads_back_unchanged(course):
    rows = list(csv.DictReader(io.StringIO(as_csv(course))))
    assert tuple(rows[0]) == COLUMNS
    found = {(row["student"], row["lab"]): row for row in rows}
    assert found["ada, the first", LAB]["points"] == "35"
    assert found["'@cyd()", LAB]["points"] == "1.5"


def test_an_open_mark_is_empty_and_not_zero(course):
    rows = {r["student"]: r for r in csv.DictReader(io.StringIO(as_csv(course))) if r["lab"] == LAB}
    assert (rows["bob"]["points"], rows["bob"]["open"]) == ("", "1")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "＝1+1", "＋1", "－1", "＠x"])
def test_no_name_is_a_formula(name):
    assert safe(name) == f"'{name}"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "name",
    ["x;=1+1", "x\t=1", "x; \t+1", 'x;"=1', "Ada, -1", "=1;=2", "x,@y", "\n=1", "x;＝1", "x\t ＋1"],
)
def test_no_name_is_a_formula_to_whatever_separates_fields(name, separator):
    for part in safe(name).split(separator):
        assert not part.lstrip(' \t\n"').startswith(tuple("=+-@＝＋－＠"))


@pytest.mark.parametrize("name", ["Lovelace, Ada", "O'Neill; Cy", "Anne-Marie", "a+b", "d=e"])
def test_an_ordinary_name_stays(name):
    assert safe(name) == name


USERS = {"ada, the first": 7, "bob": 8, "@cyd()": 9}


def test_canvas_gets_complete_marks_by_its_user_ids(course):
    assert for_canvas(course, LAB, USERS) == {
        7: {"posted_grade": "35"},
        9: {"posted_grade": "1.5"},
    }


def test_a_learner_unknown_to_canvas_is_named(course):
    with pytest.raises(ExportError, match="@cyd"):
        for_canvas(course, LAB, {"ada, the first": 7, "bob": 8})


class Canvas:
    """The two methods of canvasapi's course that are used."""

    def __init__(self):
        self.sent = None

    def get_users(self, enrollment_type):
        assert enrollment_type == ["student"]
        return [SimpleNamespace(login_id=name, id=number) for name, number in USERS.items()]

    def get_assignment(self, number):
        assert number == 34
        return self

    def submissions_bulk_update(self, grade_data):
        self.sent = grade_data


def test_all_marks_go_in_one_request(course):
    canvas = Canvas()
    to_canvas(course, LAB, canvas, 34)
    assert canvas.sent == for_canvas(course, LAB, USERS)


def test_the_request_is_what_canvasapi_makes_of_it(course):
    """Use the library itself, with a requester that only records."""
    canvasapi = pytest.importorskip("canvasapi", reason="the extra `workshop` is not installed")
    seen = {}

    class Requester:
        original_url = base_url = new_quizzes_url = graphql = "https://canvas.example.edu"

        def request(self, method, endpoint, **kwargs):
            seen.update(method=method, endpoint=endpoint, sent=kwargs["_kwargs"])
            return SimpleNamespace(json=lambda: {"id": 1, "workflow_state": "queued"})

    assignment = canvasapi.assignment.Assignment(Requester(), {"id": 34, "course_id": 12})
    assignment.submissions_bulk_update(grade_data=for_canvas(course, LAB, USERS))
    assert seen["method"] == "POST"
    assert seen["endpoint"] == "courses/12/assignments/34/submissions/update_grades"
    assert ("grade_data[7][posted_grade]", "35") in seen["sent"]


def test_the_address_of_an_assignment_is_taken_apart():
    found = split_url("https://canvas.example.edu/courses/12/assignments/34")
    assert found == ("https://canvas.example.edu", 12, 34)
    with pytest.raises(WrongUseError, match="courses/12"):
        split_url("https://canvas.example.edu/courses/12")
