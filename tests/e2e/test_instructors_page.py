"""The instructor's page, followed word for word from an empty folder to the table of marks."""

import csv
from pathlib import Path

import pytest

from tests import page_commands
from tests.notebooks.course import ROOT

TIMEOUT_S = 900  # for commands that take half a minute on an idle machine
PAGE = ROOT / "docs" / "instructor.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """Return the folder that the page's commands made, all of them typed into one terminal."""
    folder = tmp_path_factory.mktemp("empty")
    source = "\n".join(page_commands.blocks(PAGE))
    done = page_commands.run(source, ROOT, folder, TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "under500"


def table(path: Path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_the_marks_are_in_a_table_and_on_a_page_that_opens(followed):
    [row] = table(followed / "grades.csv")
    assert (row["student"], row["lab"], row["points"]) == ("ada", "01-profile", "0")
    page = (followed / "feedback" / "ada" / "01-profile" / "01-profile.html").read_text()
    assert (followed / "seen.html").read_text() == page
    assert "still empty" in page


def test_the_table_for_canvas_has_the_same_mark(followed):
    rows = {row["SIS Login ID"]: row for row in table(followed / "canvas.csv")}
    assert rows["ada"]["01-profile"] == "0"
