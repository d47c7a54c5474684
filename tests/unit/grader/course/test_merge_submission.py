"""The lab's cells are restored to their released form; only answers are the learner's."""

from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import yaml
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import PyFileConfigLoader

from grader.course.merge_submission import REPORT, merged, refused, with_marks, written
from grader.grading.notebook import NotebookError
from grader.grading.reference import ROOT
from grader.grading.report import CellError, Mark, Outcome, Report, from_json
from tests.unit.grader.course.small_course import LAB, OTHER, data, handed_in, released

# of a page of Formgrader
RESOURCES = dict.fromkeys(("assignment_id", "notebook_id", "submission_id", "student"), "x")
RESOURCES |= {"index": 0, "total": 1, "base_url": "", "notebook_path": "x.ipynb"}
IDS = ["01-setup", "01-gap-1", "01-q1", "01-gap-2", "01-q2"]


def ids(notebook):
    found = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return [one for one in found if one]


def by_id(notebook, grade_id):
    return next(
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def test_answers_are_kept_and_everything_else_is_as_released():
    mine = handed_in("a = 1", "b = 2")
    mine.cells[1].source = "import os"  # locked
    mine.cells[3].source = "pass"
    mine.cells[3].metadata |= {"tags": ["skip-execution"]}
    mine.cells[3].metadata.nbgrader |= {"points": 900, "grade": False}
    found = merged(released(), mine, LAB)
    assert by_id(found, "01-gap-1").source == "a = 1"
    for locked in ("01-setup", "01-q1", "01-q2"):
        assert by_id(found, locked) == by_id(released(), locked)


def test_deleted_checks_come_back_in_their_place():
    mine = handed_in()
    mine.cells = [
        cell for cell in mine.cells if not cell.metadata.get("nbgrader", {}).get("points")
    ]
    assert ids(merged(released(), mine, LAB)) == IDS
    mine.cells = mine.cells[:3]  # and the second gap
    assert ids(merged(released(), mine, LAB)) == ["01-setup", "01-gap-1", "01-q1", "01-q2"]


@pytest.mark.parametrize("at", [0, 2, 6])
@pytest.mark.parametrize("copied", [2, 3])
def test_of_a_copied_check_the_last_counts_and_a_copied_answer_is_only_a_cell(copied, at):
    mine = handed_in()
    mine.cells.insert(at, deepcopy(mine.cells[copied]))
    found = merged(released(), mine, LAB)
    assert sorted(ids(found)) == sorted(IDS)
    assert len({cell.id for cell in found.cells}) == len(found.cells) == (7 if copied == 2 else 6)
    assert ids(found).index("01-q1") > ids(found).index("01-gap-1")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("given", ["x", "a" * 64, "a" * 56 + "-7", "copy-7-0", "bad id!", ""])
def test_cells_with_the_same_id_get_ids_of_their_own(given):
    mine = handed_in()
    mine.cells += [new_code_cell(str(n)) | {"id": given} for n in range(8)]
    found = [cell.id for cell in merged(released(), mine, LAB).cells]
    assert len(set(found)) == len(found)
    nbformat.validate(merged(released(), mine, LAB))


def test_added_cells_keep_only_their_source():
    mine = handed_in()
    extra = new_code_cell("x = 1", metadata={"tags": ["hide"], "nbgrader": {}})
    extra.id = "bad id!"
    mine.cells.insert(2, extra)
    found = merged(released(), mine, LAB).cells[2]
    assert (found.source, dict(found.metadata), found.id) == ("x = 1", {}, "cell-2")


def test_a_notebook_of_another_lab_is_refused():
    with pytest.raises(NotebookError, match="01-small"):
        merged(released(), handed_in(lab=OTHER), LAB)


def test_verdicts_are_outputs_of_the_checks_as_nbgrader_reads_them():
    notebook = merged(released(), handed_in(), LAB)
    marks = (
        Mark("01-q1", Outcome.PARTLY, 12.5, 20, "half"),
        Mark("01-q2", Outcome.FAILED, 0.0, 15, "wrong\n  expected 1"),
    )
    found = with_marks(
        notebook, Report(LAB, marks, (CellError("gap-1", "ValueError: x", own=True),))
    )
    part, fail = by_id(found, "01-q1").outputs, by_id(found, "01-q2").outputs
    assert part[0].text == "half\n"
    assert part[1].data["text/plain"] == "12.5"
    assert fail[0].traceback == ["wrong", "  expected 1"]
    assert by_id(found, "01-gap-1").outputs[0].evalue == "ValueError: x"
    assert from_json(found.metadata[REPORT]).marks == marks
    nbformat.validate(found)
    assert not by_id(notebook, "01-q1").outputs  # the input stays as it was


@pytest.mark.parametrize("outcome", [Outcome.UNDECIDED, Outcome.NOT_GRADED])
def test_a_mark_without_points_is_no_error_and_no_number(outcome):
    report = Report(LAB, (Mark("01-q1", outcome, None, 20, "noisy"),))
    [output] = by_id(with_marks(refused(released()), report), "01-q1").outputs
    assert output.text == f"{outcome.capitalize()}: noisy\n"


PAYLOADS = yaml.safe_load((Path(__file__).parent / "payloads.yaml").read_text(encoding="utf-8"))[
    "texts"
]


class Elements(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.inside, self.loose = set(), set(), [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= dict(attributes).keys()
        self.inside.append(tag)

    def handle_endtag(self, tag):
        self.inside = self.inside[: -1 - self.inside[::-1].index(tag)]

    def handle_data(self, data):
        self.loose += "" if "pre" in self.inside else data


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("place", ["text", "answer", "raw"])
def test_a_learners_text_is_inert_and_complete_wherever_it_is_rendered(payload, place):
    lab, mine = released(), handed_in()
    if place == "answer":
        lab.cells.append(
            new_markdown_cell("Your answer", metadata=data("01-words", 5, solution=True))
        )
    mine.cells.append(new_markdown_cell(payload) if place != "raw" else new_raw_cell(payload))
    mine.cells[-1].metadata = deepcopy(lab.cells[-1].metadata) if place == "answer" else {}
    mine.cells[-1].attachments = {"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}
    found = merged(lab, mine, LAB).cells[-1]
    assert found.cell_type == "markdown"
    assert "attachments" not in found
    page = Elements(markdown2html(found.source))
    assert page.tags <= {"div", "pre", "code", "span"}
    assert page.attributes <= {"class"}
    assert not page.loose.strip()  # neither a link nor a formula: MathJax leaves `pre` alone
    assert written(found) == payload


def test_the_labs_own_text_stays_formatted():
    found = merged(released(), handed_in(), LAB)
    assert found.cells[0].source == released().cells[0].source == "# A lab"


def test_formgrader_shows_code_and_text_as_they_were_written():
    """nbconvert's highlighter and search for links take a time that grows with the square of a cell."""
    config = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    code = new_code_cell("if a < b:\n    ...  # <b>", id="code")
    notebook = new_notebook(cells=[code, new_markdown_cell("~~~\n[a](files/b)\n~~~", id="text")])
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, RESOURCES)
    assert "<pre>if a &lt; b:\n    ...  # &lt;b&gt;</pre>" in page
    assert "[a](files/b)" in page
