"""A learner's notebook that the instructor opens in JupyterLab: it runs nothing and sends nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page, Request, expect

from grader.course.handed_in import KERNEL
from grader.workshop.inbox import TIME_FORMAT
from grader.workshop.paths import COURSE_ID, INSTRUCTOR
from tests.browser import classroom as rooms
from tests.browser import notebooks
from tests.browser.classroom import Classroom, lab_of
from tests.browser.conftest import PATIENCE_MS, shot
from tests.browser.notebooks import run_cell, texts
from tests.notebooks import course
from tests.unit.grader.course.hostile_notebooks import MARK, hostile

pytestmark = [
    pytest.mark.classroom,
    pytest.mark.models,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.geteuid() != 0, reason="a workshop makes accounts, which only root may do"
    ),
]

MALLORY, LAB = "learner01", "01-profile"
RAW = "as-written.ipynb"  # a notebook that was not collected, in somebody's home
TEXT = "text.ipynb"  # one that attacks with its text alone, which is kept when it is collected
COLLECTED = f"course/submitted/{MALLORY}/{LAB}/{LAB}.ipynb"
TABLE = "student,lab,points\nada,01-profile,17\n"
SETTLED_MS = 5_000  # after the kernel is idle; the attacks act before or a second after it


@pytest.fixture(scope="module")
def room() -> Iterator[Classroom]:
    """Yield a class in which instructor and learner have the hostile notebook and a table beside it."""
    with rooms.classroom(1) as room:
        for name in (INSTRUCTOR, MALLORY):
            home = room.workshop.home(name)
            (home / "grades.csv").write_text(TABLE)
            nbformat.write(attack(room), home / RAW)
            for path in (home / "grades.csv", home / RAW):
                shutil.chown(path, name, name)
        path = room.workshop.home(INSTRUCTOR) / TEXT
        nbformat.write(text_attack(), path)
        shutil.chown(path, INSTRUCTOR, INSTRUCTOR)
        yield room


def text_attack() -> nbformat.NotebookNode:
    """Return a notebook with a button that would run its code, and an image that would log out."""
    button = "<button data-commandlinker-command='notebook:run-all-cells'>Details</button>"
    image = f"![](/user/{INSTRUCTOR}/logout)"
    cells = [new_markdown_cell(f"{button}\n\n{image}"), new_code_cell("print('ran')")]
    return new_notebook(cells=cells, metadata=KERNEL)


def attack(room: Classroom) -> nbformat.NotebookNode:
    """Return a notebook that sends to the hub, which is another origin than each server."""
    beacon = f"![]({room.address}/{MARK}?beacon) <img src=x onerror=\"window.ran = 'markdown'\">"
    cells = [new_markdown_cell(beacon), new_code_cell("print(6 * 7)")]
    plain = new_notebook(cells=cells, metadata=KERNEL)  # else JupyterLab asks for a kernel first
    return hostile(plain, read="grades.csv", send_to=room.address)


@dataclass
class Opened:
    """A notebook in JupyterLab: what it got from elsewhere, and what else the policy has refused."""

    tab: Page
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def ran(self) -> str:
        """Return what a script of the notebook has left, or ""."""
        return self.tab.evaluate("window.ran || ''")


@contextmanager
def opened(chromium: Browser, room: Classroom, name: str, path: str) -> Iterator[Opened]:
    """Yield a notebook in somebody's JupyterLab, after its kernel has started."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    found = Opened(context.new_page())
    context.on("requestfinished", lambda one: _asked(found, one))
    context.on("requestfailed", lambda one: _asked(found, one))
    found.tab.on("console", lambda one: _refused(found, one.text))
    lab_of(found.tab, room, name)
    notebooks.opened(found.tab, room.server(name), path.removesuffix(".ipynb"))
    found.tab.wait_for_timeout(SETTLED_MS)
    try:
        yield found
    finally:
        shot(found.tab, f"hostile-{name}-{path.split('/')[0]}")
        context.close()


def _asked(found: Opened, request: Request) -> None:
    """Note a request to elsewhere, unless the policy has stopped it."""
    if MARK in request.url and "csp" not in str(request.failure).lower():
        found.asked.append(request.url)


def _refused(found: Opened, text: str) -> None:
    if "Content Security Policy" in text and MARK not in text:
        found.refused.append(text)


def test_1_in_a_learners_server_the_attacks_succeed(chromium, room):
    """They are real ones."""
    with opened(chromium, room, MALLORY, RAW) as found:
        found.tab.wait_for_function("() => window.ran")
        assert found.ran == MARK
        assert {urlsplit(url).query for url in found.asked} == {"beacon", "points=17"}


def test_2_in_the_instructors_server_they_do_nothing_and_a_kernel_works(chromium, room):
    with opened(chromium, room, INSTRUCTOR, RAW) as found:
        run_cell(found.tab, "6 * 7")
        expect(found.tab.locator(".jp-OutputArea-output").last).to_contain_text("42")
        assert (found.ran, found.asked, found.refused) == ("", [], [])


def test_3_a_button_in_its_text_runs_no_command_and_an_image_logs_nobody_out(chromium, room):
    with opened(chromium, room, INSTRUCTOR, TEXT) as found:
        # JupyterLab trusts a saved notebook without outputs, and then runs what a button asks for.
        found.tab.keyboard.press("Control+s")
        found.tab.wait_for_timeout(SETTLED_MS)
        notebooks.opened(found.tab, room.server(INSTRUCTOR), TEXT.removesuffix(".ipynb"))
        found.tab.locator(".jp-RenderedMarkdown button").click()
        found.tab.wait_for_timeout(SETTLED_MS)
        assert texts(found.tab) == "" and not found.refused
        cookies = {cookie["name"] for cookie in found.tab.context.cookies()}
        assert f"jupyterhub-user-{INSTRUCTOR}" in cookies


def test_4_what_is_collected_has_neither(chromium, room):
    with opened(chromium, room, INSTRUCTOR, RAW) as found:
        frame = rooms.formgrader(found.tab)
        assert "Successfully released" in rooms.press(frame, LAB, "release")
        submit(room)
        assert "collected" in rooms.press(frame, LAB, "collect")
        assert found.refused == []  # Formgrader loads what it needs
    stored = (room.workshop.home(INSTRUCTOR) / COLLECTED).read_text()
    assert MARK not in stored and "def percentile" in stored
    with opened(chromium, room, INSTRUCTOR, COLLECTED) as found:
        assert (found.ran, found.asked, found.refused, texts(found.tab)) == ("", [], [], "")


def submit(room: Classroom) -> None:
    """Put the attack, in the lab's notebook, where nbgrader puts a submission."""
    home = room.workshop.home(MALLORY)
    nbformat.write(hostile(course.released(LAB), send_to=room.address), home / "lab.ipynb")
    stamp = datetime.now(UTC).strftime(TIME_FORMAT)
    folder = f"{room.workshop.exchange}/{COURSE_ID}/inbound/{MALLORY}+{LAB}+{stamp}+abc"
    command = f"mkdir '{folder}' && cp ~/lab.ipynb '{folder}/{LAB}.ipynb'"
    shutil.chown(home / "lab.ipynb", MALLORY, MALLORY)
    done = rooms.run_as(room, MALLORY, "sh", "-c", command)
    assert done.returncode == 0, done.stderr
