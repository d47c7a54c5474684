"""An instructor's pages with learners' scripts in every place: none runs, and none loads anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page

from grader.board import board_page, overview
from grader.course.course import Course
from grader.course.grade_class import Batch
from grader.grading.reference import ROOT
from grader.grading.report import CellError, Mark, Outcome, Report
from tests.browser import servers
from tests.browser.conftest import PATIENCE_MS
from tests.unit.grader.course.small_course import LAB, handed_in, small_course, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

FILE = Path(__file__).parents[1] / "unit/grader/course/payloads.yaml"
PAYLOADS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
# What payloads load: all else that a page asks for is its own.
LOADED = re.compile(r"evil\.example|/x(\.\w+)?$")
# A handler that no event has fired yet and a link that nobody has clicked yet are scripts, too.
ARMED = """() => [...document.querySelectorAll('*')].flatMap(one => [...one.attributes]
    .filter(a => a.name.startsWith('on') || /^\\s*(javascript|data:text):/i.test(a.value))
    .filter(a => /alert|window.ran|evil/.test(a.value))
    .map(a => `${one.tagName} ${a.name}=${a.value}`))"""
# MathJax leaves these elements alone. Only Formgrader has it.
FORMULAS = """() => {
    if (!location.pathname.startsWith('/formgrader')) return [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        if (/\\\\href|\\\\require|\\\\unicode/.test(data)
            && !parentElement.closest('pre, code, textarea, script, title')) found.push(data);
    }
    return found;
}"""


@dataclass
class Watched:
    """A tab that notes what a page does: dialogs, windows and requests that only a payload makes."""

    tab: Page
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.route(LOADED, lambda route: route.abort())
        self.tab.on("request", lambda one: LOADED.search(one.url) and self._note(one.url))
        self.tab.on("dialog", lambda one: (self._note(f"dialog {one.message}"), one.dismiss()))
        self.tab.on("popup", lambda one: self._note(f"window {one.url}"))

    def _note(self, what: str) -> None:
        self.happened.append(what)

    def opened(self, url: str) -> list[str]:
        """Open a page; return what ran on it, and what waits for an event or a click."""
        self.happened.clear()
        self.tab.goto(url)
        self.tab.wait_for_load_state("networkidle")
        ran = [f"window.ran in {one.url}" for one in self.tab.frames if one.evaluate("window.ran")]
        return [*self.happened, *ran, *self.tab.evaluate(ARMED), *self.tab.evaluate(FORMULAS)]


def with_text(text: str) -> NotebookNode:
    """Return a submission that has the text in each kind of cell and of output."""
    mine = handed_in(f"'''{text}'''", text)
    cells = [new_markdown_cell(text), new_raw_cell(text), new_code_cell(text)]
    cells[0].attachments = {"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}
    cells[2].outputs = [
        new_output("stream", name="stderr", text=text),
        new_output("error", ename=text, evalue=text, traceback=[text]),
    ]
    mine.cells[0].source = text  # the lab's own title
    mine.cells += cells
    return mine


def with_bundle(bundle: Mapping) -> NotebookNode:
    mine = handed_in()
    for cell in mine.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", data=deepcopy(bundle))]
    return mine


def with_metadata(metadata: Mapping) -> NotebookNode:
    mine = handed_in()
    mine.metadata |= deepcopy(metadata)
    for cell in mine.cells:
        cell.metadata |= deepcopy(metadata)
    return mine


SUBMISSIONS = {
    **{f"text-{n}": with_text(text) for n, text in enumerate(PAYLOADS["texts"])},
    **{f"output-{n}": with_bundle(one) for n, one in enumerate(PAYLOADS["outputs"])},
    **{f"metadata-{n}": with_metadata(one) for n, one in enumerate(PAYLOADS["metadata"])},
}


def reported(lab, notebook: NotebookNode) -> Report:
    """Return a report in which verdicts, errors and printed text are what the learner wrote."""
    text = notebook.cells[4].source
    marks = (
        Mark("01-q1", Outcome.FAILED, 0.0, 20, f"{text}\n  look at    {text}"),
        Mark("01-q2", Outcome.UNDECIDED, None, 15, text, queued=True),
    )
    errors = tuple(CellError(one.id, text) for one in notebook.cells if one.cell_type == "code")
    return Report(lab.name, marks, errors, printed=text)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a graded class in which every learner handed in one payload."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "of a test")
        made = small_course(tmp_path_factory.mktemp("course") / "")
        for student, notebook in SUBMISSIONS.items():
            submit(made, student, notebook)
        for name in PAYLOADS["names"]:
            submit(made, name, handed_in())
        assert all(step.record.entered for step in Batch(made, reported).run(made.submissions()))
    (made.root / "board.html").write_text(board_page.page(overview.board(made)), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def formgrader(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of nbgrader's Formgrader on the class."""
    config = tmp_path_factory.mktemp("config")
    settings = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    root = f"c.CourseDirectory.root = {str(course.root)!r}\n"
    (config / "nbgrader_config.py").write_text(settings + root, encoding="utf-8")
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    with servers.jupyterlab(course.root, {name: str(config) for name in names}) as address:
        yield f"{address}/formgrader"


@pytest.fixture(scope="module")
def watched(chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield Watched(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def numbers(course: Course) -> dict[str, str]:
    """Return the number under which Formgrader shows each learner's notebook."""
    with Gradebook(course.database) as book:
        found = book.notebook_submissions(LAB, LAB)
        return {one.student.id: one.id for one in found}


def test_formgrader_runs_nothing(formgrader, numbers, watched):
    ran = {who: watched.opened(f"{formgrader}/submissions/{numbers[who]}/") for who in SUBMISSIONS}
    assert not {who: what for who, what in ran.items() if what}


def test_feedback_pages_run_nothing(course, watched):
    pages = {who: course.feedback(who, LAB).resolve().as_uri() for who in SUBMISSIONS}
    ran = {who: watched.opened(page) for who, page in pages.items()}
    assert not {who: what for who, what in ran.items() if what}


def test_the_board_and_the_lists_of_formgrader_run_nothing(course, formgrader, watched):
    lists = ("manage_assignments", f"manage_submissions/{LAB}", f"gradebook/{LAB}/{LAB}")
    lists += ("manage_students", "manage_students/text-0", f"manage_students/text-0/{LAB}")
    pages = [(course.root / "board.html").resolve().as_uri(), *(f"{formgrader}/{p}" for p in lists)]
    ran = {page: watched.opened(page) for page in pages}
    assert not {page: what for page, what in ran.items() if what}


def test_a_payload_that_nobody_made_harmless_is_seen(course, formgrader, numbers, watched):
    path = course.autograded("text-0", LAB)
    notebook = nbformat.read(path, as_version=4)
    texts = ["<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "$\\href{x}{y}$"]
    notebook.cells += [new_markdown_cell(text) for text in texts]
    path.write_text(nbformat.writes(notebook))
    found = " ".join(watched.opened(f"{formgrader}/submissions/{numbers['text-0']}/"))
    for seen in ("dialog 1", "/x ", "onerror=", "javascript:", "\\href"):
        assert seen in found
