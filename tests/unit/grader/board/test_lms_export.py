"""Tables for learning platforms: their columns, and no mark that is not there."""

import csv
import io
from types import SimpleNamespace

import pytest
from nbgrader.apps import ExportApp
from traitlets.config import PyFileConfigLoader

from grader.board import marks_export
from grader.board.lms_export import PLATFORMS, as_csv
from grader.course import roster
from grader.course.grade_class import Batch
from grader.course.roster import Learner
from harness.errors import WrongUseError
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit

ROSTER = """login,name,email,section
ada,"Lovelace, Ada",ada@example.edu,A
bob,Bob,bob@example.edu,B
cyd,"=cmd()",cyd@example.edu,B
"""


@pytest.fixture
def course(small):
    (small.root / roster.FILE).write_text(ROSTER)
    submit(small, "ada", handed_in("20", "15"))
    submit(small, "bob", handed_in("20", "?"))  # open
    submit(small, "bob", handed_in("2", "2", lab=OTHER), OTHER)
    submit(small, "eve", handed_in("0", "0"))  # not in the roster
    list(Batch(small, judge).run(small.submissions()))
    return small


def table(course, platform):
    text = as_csv(course, PLATFORMS[platform])
    return list(csv.DictReader(io.StringIO(text)))


def test_canvas_gets_its_columns_in_its_order(course):
    lines = list(csv.reader(io.StringIO(as_csv(course, PLATFORMS["canvas"]))))
    assert lines[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LAB, OTHER]
    assert lines[1] == ["    Points Possible", "", "", "", "", "35", "35"]
    rows = {row["SIS Login ID"]: row for row in table(course, "canvas")[1:]}
    assert rows["ada"]["Student"] == "Lovelace, Ada"
    assert (rows["ada"][LAB], rows["ada"][OTHER]) == ("35", "")
    assert (rows["bob"][LAB], rows["bob"][OTHER]) == ("", "4")
    assert rows["cyd"][LAB] == ""
    assert rows["eve"][LAB] == "0"  # a mark of zero is one


def test_moodle_reads_a_dash_as_no_grade(course):
    rows = {row["Username"]: row for row in table(course, "moodle")}
    assert rows["ada"]["Email address"] == "ada@example.edu"
    assert [rows[name][LAB] for name in ("ada", "bob", "cyd", "eve")] == ["35", "-", "-", "0"]


def test_gradescope_gets_its_roster(course):
    rows = {row["SID"]: row for row in table(course, "gradescope")}
    assert (rows["bob"]["Name"], rows["bob"]["Email"], rows["bob"]["Section"]) == (
        "Bob", "bob@example.edu", "B",
    )  # fmt: skip
    assert rows["bob"][LAB] == ""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_field_is_a_formula(course, platform):
    assert "'=cmd()" in as_csv(course, PLATFORMS[platform])


def test_nbgraders_export_shows_no_zero_for_an_open_mark(course, root, monkeypatch):
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    assert config.ExportApp.plugin_class == "grader.board.marks_export.Table"
    monkeypatch.chdir(course.root)
    marks_export.Table(to="all.csv").export(SimpleNamespace())
    rows = list(csv.DictReader((course.root / "all.csv").open()))
    assert {row["student"]: row["points"] for row in rows if row["lab"] == LAB}["bob"] == ""
    marks_export.Table(to="one.csv", student=["ada"], assignment=[LAB]).export(SimpleNamespace())
    [row] = csv.DictReader((course.root / "one.csv").open())
    assert (row["student"], row["lab"]) == ("ada", LAB)
    assert not (course.root / "grades.csv").exists()


def nbgraders_own(course, monkeypatch):
    """Run `nbgrader export` in the course's folder and return its marks by (learner, lab)."""
    config = course.root / "nbgrader_config.py"
    plugin = 'c.ExportApp.plugin_class = "grader.board.marks_export.Table"\n'
    config.write_text(config.read_text() + plugin)
    monkeypatch.chdir(course.root)
    app = ExportApp()
    app.initialize([])
    app.start()
    rows = csv.DictReader((course.root / "grades.csv").open())
    return {(row["student"], row["lab"]): row["points"] for row in rows}


def of_platform(course, platform):
    return {
        (
            list(row.values())[0 if platform == "moodle" else 3 if platform == "canvas" else 1],
            lab,
        ): row[lab]
        for row in table(course, platform)
        for lab in (LAB, OTHER)
    }


@pytest.mark.parametrize("export", ["nbgrader", *PLATFORMS])
def test_what_is_open_or_missing_is_no_number_in_any_export(course, export, monkeypatch):
    marks = (
        nbgraders_own(course, monkeypatch) if export == "nbgrader" else of_platform(course, export)
    )
    assert (marks["ada", LAB], marks["eve", LAB]) == ("35", "0")
    assert marks["bob", LAB] in ("", "-")  # one exercise is undecided
    assert marks.get(("ada", OTHER), "") in ("", "-")  # nothing handed in
    assert marks.get(("cyd", LAB), "") in ("", "-")


def test_five_hundred_learners_come_back(tmp_path):
    path = tmp_path / "roster.csv"
    learners = [Learner(f"user{n}", f"Müller, {n}", f"u{n}@example.edu", "A") for n in range(500)]
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # as Excel writes it
        rows = csv.writer(file)
        rows.writerow(["Section", "Login", "Email", "Name"])
        rows.writerows((one.section, one.login, one.email, one.name) for one in learners)
    assert roster.read(path) == learners


@pytest.mark.parametrize(
    "text",
    [
        "name\nAda\n",
        "login\nada\nada\n",
        "login\n../ada\n",
        "login\n<b>\n",
        "login,name\n,Ada\n",
        "login,extension_hours\nada,two\n",
    ],
)
def test_a_roster_that_is_not_valid_is_refused(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(WrongUseError):
        roster.read(path)
    with pytest.raises(WrongUseError):
        roster.read(tmp_path / "none.csv")
