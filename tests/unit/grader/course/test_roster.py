"""A roster of 500 learners: read as platforms write it, and written for them without losing anything."""

import csv
import io
from types import SimpleNamespace

import pytest

from grader.board import lms_export, marks_export
from grader.board.lms_export import PLATFORMS
from grader.board.marks_export import Row
from grader.course import roster
from grader.course.roster import Learner
from harness.errors import WrongUseError

SIZE, LABS = 500, [f"{n:02}-lab" for n in range(12)]
NAMES = (
    "Lovelace, Ada",
    'Bob "Bobby" Tables',
    "Zoë Ångström",
    "李 小龙",
    "O'Neill; Cy",
    "D. E. Knuth",
)
# What a platform's column is in a roster.
COLUMNS = {
    "canvas": {"login": "SIS Login ID", "name": "Student", "section": "Section"},
    "moodle": {
        "login": "Username",
        "name": "Full name",
        "email": "Email address",
        "section": "Groups",
    },
    "gradescope": {"login": "SID", "name": "Name", "email": "Email", "section": "Section"},
}


def class_of(size):
    return [
        Learner(
            f"s{n:04}", f"{NAMES[n % len(NAMES)]} {n}", f"s{n:04}@example.edu", "ABC"[n % 3], n % 2
        )
        for n in range(size)
    ]


def points(learner, lab):
    """Return a mark: one in seven is open, some are zero."""
    number = int(learner.login[1:]) + LABS.index(lab)
    return None if number % 7 == 0 else (number % 41) / 2


def written(learners, dialect, encoding, path):
    with path.open("w", newline="", encoding=encoding) as file:
        table = csv.writer(file, dialect)
        table.writerow(["Login ", "NAME", "Email", "Section", "extension_hours", "Tutor"])
        for one in learners:
            hours = f"{one.extension_hours:g}" if one.extension_hours else ""
            table.writerow([one.login, f" {one.name} ", one.email, one.section, hours, "x"])
    return path


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Stand in for a course with a gradebook of 500 learners, without the last two labs of some of them."""
    learners = class_of(SIZE)
    written(learners, "excel", "utf-8", tmp_path / roster.FILE)
    marks = [
        Row(one.login, lab, points(one, lab), 20, 0, 0)
        for one in learners
        for lab in LABS[: 12 - 2 * (one.section == "C")]
    ]
    for module in (lms_export, marks_export):
        monkeypatch.setattr(module, "rows", lambda _: iter(marks))
    return SimpleNamespace(root=tmp_path, marks=marks)


@pytest.mark.parametrize("dialect", ["excel", "unix"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_everybody_is_read_as_written(tmp_path, dialect, encoding):
    learners = class_of(SIZE)
    assert roster.read(written(learners, dialect, encoding, tmp_path / "class.csv")) == learners


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platforms_table_names_everybody_and_reads_back_as_the_roster(course, platform, tmp_path):
    table = list(csv.DictReader(io.StringIO(lms_export.as_csv(course, PLATFORMS[platform]))))
    learners = [row for row in table if row[COLUMNS[platform]["login"]]]
    back = tmp_path / "back.csv"
    with back.open("w", newline="", encoding="utf-8") as file:
        again = csv.writer(file)
        again.writerow(COLUMNS[platform])
        again.writerows([row[name] for name in COLUMNS[platform].values()] for row in learners)
    known = roster.of_course(course.root).values()
    columns = COLUMNS[platform]
    assert [[getattr(one, key) for key in columns] for one in roster.read(back)] == [
        [getattr(one, key) for key in columns] for one in known
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_mark_comes_back_and_an_open_one_is_no_zero(course, platform):
    login, no_mark = COLUMNS[platform]["login"], PLATFORMS[platform].no_mark
    table = csv.DictReader(io.StringIO(lms_export.as_csv(course, PLATFORMS[platform])))
    found = {(row[login], lab): row[lab] for row in table if row[login] for lab in LABS}
    expected = {(row.student, row.lab): row.points for row in course.marks}
    assert len(found) == SIZE * len(LABS)
    for key, text in found.items():
        mark = expected.get(key)
        assert text == (no_mark if mark is None else f"{mark:g}"), key


def test_our_own_table_has_one_line_for_each_mark(course):
    rows = list(csv.DictReader(io.StringIO(marks_export.as_csv(course))))
    assert len(rows) == len(course.marks)
    for row, mark in zip(rows, course.marks, strict=True):
        assert (row["student"], row["lab"]) == (mark.student, mark.lab)
        assert row["points"] == ("" if mark.points is None else f"{mark.points:g}")
        assert row["open"] == str(int(mark.points is None))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name\nAda\n", "no column login"),
        ("login\nada\nada\n", "line 3.*twice"),
        ("login\n<b>\n", "line 2"),
        *(
            (f"login,extension_hours\nada,{hours}\n", "line 2.*number")
            for hours in ("soon", "nan", "inf", "-1", "1e300")
        ),
        *(
            (f"login\n{name}\n", "line 2.*reserved")
            for name in ("instructor", "Instructor", "root")
        ),
    ],
)
def test_a_line_that_is_no_learner_is_named(tmp_path, text, problem):
    (tmp_path / "class.csv").write_text(text)
    with pytest.raises(WrongUseError, match=problem):
        roster.read(tmp_path / "class.csv")
