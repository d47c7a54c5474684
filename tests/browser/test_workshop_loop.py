"""A class from login to feedback, clicked through in JupyterLab by four learners and an instructor."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, expect

from grader.workshop import origins
from grader.workshop.paths import COURSE_ID, INSTRUCTOR
from grader.workshop.spawner import SHELL
from tests.browser import classroom as rooms
from tests.browser.classroom import Classroom, lab_of, log_in, menu
from tests.browser.conftest import HEIGHT, PATIENCE_MS, WIDTH, shot
from tests.browser.notebooks import IDLE, cell, run_cell
from tests.notebooks import course
from tests.perf.class_of_twelve import exercises

pytestmark = [
    pytest.mark.classroom,
    pytest.mark.models,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        os.geteuid() != 0, reason="a workshop makes accounts, which only root may do"
    ),
]

LAB = "01-profile"
IMPORTS = "from grader import checks"
GAP = "def percentile("  # in the cell that the first learner fills by typing
CHECK = "checks.percentile(percentile"
TYPED = """def percentile(samples_ms, p):
    if (p / 100) ** len(samples_ms) > 0.01:
        raise ValueError("a maximum in disguise")
    return float(np.percentile(samples_ms, p))"""


@pytest.fixture(scope="module")
def room() -> Iterator[Classroom]:
    """Yield a class whose lab has its exercises only: the cells between them measure for minutes."""
    with rooms.classroom() as found:
        for folder, notebook in (("solutions", course.solution), ("labs", course.released)):
            rewrite(found, INSTRUCTOR, found.workshop.course / folder, notebook(LAB))
        yield found


@pytest.fixture(scope="module")
def desks(chromium: Browser) -> Iterator[dict[str, Page]]:
    """Yield a browser window for each person, kept from one step of the day to the next."""
    found: dict[str, Page] = {}
    with ExitStack() as stack:

        class Desks(dict):
            def __missing__(self, name: str) -> Page:
                context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
                context.set_default_timeout(PATIENCE_MS)
                stack.callback(context.close)
                self[name] = context.new_page()
                return self[name]

        yield Desks(found)


def test_1_a_wrong_password_is_told_and_opens_nothing(room, desks):
    tab = desks["stranger"]
    log_in(tab, room, "learner01", "wrong")
    expect(tab.locator(".login_error")).to_contain_text("Invalid username or password")
    shot(tab, "workshop-1-wrong-password")
    log_in(tab, room, "root", "wrong")
    expect(tab.locator(".login_error")).to_be_visible()


def test_2_the_instructor_releases_a_lab(room, desks):
    tab = desks[INSTRUCTOR]
    lab_of(tab, room, INSTRUCTOR)
    frame = rooms.formgrader(tab)
    assert "Successfully released" in rooms.press(frame, LAB, "release")
    shot(tab, "workshop-2-released")


def test_3_learners_fetch_work_and_submit(room, desks):
    for name in room.learners:
        tab = desks[name]
        lab_of(tab, room, name)
        expect(tab.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader")).to_be_visible()
        menu(tab, "Assignment List")
        tab.locator("#released_assignments_list").get_by_role("button", name="Fetch").click()
        item = tab.locator("#fetched_assignments_list .list_item", has_text=LAB)
        item.first.wait_for()
        if name == room.learners[0]:
            typed(tab, name)
            menu(tab, "Assignment List")
        else:
            worked(room, name)
        submitted(tab, 1)
        shot(tab, f"workshop-3-submitted-{name}")
    tab = desks[room.learners[1]]
    submitted(tab, 2)  # once more: the later one counts


def typed(tab: Page, name: str) -> None:
    """Solve one exercise in the notebook by hand, run it with its check, and save."""
    tab.goto(re.sub(r"/lab.*", f"/lab/tree/{LAB}/{LAB}.ipynb", tab.url))
    tab.locator(".jp-Notebook").wait_for()
    tab.get_by_text(IDLE).wait_for()
    run_cell(tab, IMPORTS)
    gap = cell(tab, GAP)
    gap.scroll_into_view_if_needed()
    gap.locator(".cm-content").click()
    tab.keyboard.press("Control+A")
    tab.keyboard.insert_text(TYPED)
    run_cell(tab, GAP)
    run_cell(tab, CHECK)
    expect(cell(tab, CHECK).locator(".jp-OutputArea-output").first).to_contain_text("passed")
    shot(tab, "workshop-3-typed")
    tab.keyboard.press("Control+S")
    expect(tab.locator(".jp-Notebook")).to_be_visible()
    tab.wait_for_timeout(2000)


def worked(room: Classroom, name: str) -> None:
    """Write the notebooks of the others: correct, untouched, and one whose kernel dies."""
    which = room.learners.index(name)
    notebook = course.released(LAB) if which == 2 else course.solved(LAB)
    if which == 3:
        course.cell(notebook, "q2-gap").source = "import os\nos._exit(1)"
    rewrite(room, name, room.workshop.home(name), notebook)


def rewrite(room: Classroom, name: str, folder: Path, notebook: NotebookNode) -> None:
    """Replace somebody's notebook by the exercises of this one."""
    path = folder / LAB / f"{LAB}.ipynb"
    path.write_text(nbformat.writes(exercises(notebook)))
    shutil.chown(path, name, name)


def test_3_a_terminal_has_a_shell_and_the_learners_rights(room, desks):
    name = room.learners[1]
    tab = desks[name]
    tab.keyboard.press("Control+Shift+L")  # the launcher
    tab.locator(".jp-LauncherCard:visible", has_text="Terminal").first.click()
    tab.locator(".jp-Terminal .xterm-screen").click()
    tab.keyboard.type('echo "$(id -un) $0 $(pwd)" | tee terminal.txt\n', delay=20)
    written = room.workshop.home(name) / "terminal.txt"
    until = time.monotonic() + PATIENCE_MS / 1000
    while not written.exists() and time.monotonic() < until:
        tab.wait_for_timeout(200)
    shot(tab, "workshop-3-terminal")
    assert written.read_text().split() == [name, SHELL, str(room.workshop.home(name))]


def submitted(tab: Page, times: int) -> None:
    """Click the button and wait until the list shows it."""
    tab.locator("#fetched_assignments_list").get_by_role("button", name="Submit").first.click()
    item = tab.locator("#submitted_assignments_list .list_item", has_text=LAB)
    item.first.wait_for()
    if times > 1:
        tab.wait_for_timeout(3000)


def test_4_the_instructor_collects_grades_and_returns(room, desks):
    tab = desks[INSTRUCTOR]
    tab.reload()
    tab.locator(".jp-DirListing").first.wait_for()
    frame = rooms.formgrader(tab)
    said = rooms.press(frame, LAB, "collect")
    assert "Successfully collected" in said or "collected" in said, said
    found = rooms.autograde_all(frame, LAB, room.learners)
    assert all("Successfully autograded" in text for text in found.values()), found
    shot(tab, "workshop-4-graded")
    frame.get_by_role("link", name="Manage Assignments").first.click()
    assert "Successfully generated feedback" in rooms.press(frame, LAB, "generate-feedback")
    assert "Successfully released feedback" in rooms.press(frame, LAB, "release-feedback")
    shot(tab, "workshop-4-returned")


def test_5_the_marks_are_what_they_handed_in(room):
    from grader.course import gradebook
    from grader.course.course import load_course

    totals = gradebook.totals(load_course(room.workshop.course))
    assert not any(total.open for total in totals.values())
    first, second, third, fourth = (totals[name, LAB].points for name in room.learners)
    assert 0 < first < second
    assert second >= 90
    assert third == 0
    assert fourth < second


def test_6_every_learner_reads_their_own_feedback(room, desks):
    for name in room.learners[:2]:
        tab = desks[name]
        menu(tab, "Assignment List")
        area = tab.locator("#submitted_assignments_list")
        area.get_by_role("button", name="Fetch Feedback").first.click()
        area.get_by_text("view feedback").first.wait_for()
        shot(tab, f"workshop-6-feedback-{name}")
        pages = list((room.workshop.home(name) / LAB / "feedback").rglob("*.html"))
        assert pages and all("points" in path.read_text() for path in pages)


def test_7_the_board_is_beside_the_hub_and_the_instructors_alone(room, desks):
    tab = desks[INSTRUCTOR]
    tab.goto(origins.board(room.workshop))
    expect(tab.locator("#progress")).to_contain_text("learner04")
    expect(tab.locator("#progress")).to_contain_text("of 100")
    expect(tab.locator("body")).to_contain_text("it told them to look at")
    shot(tab, "workshop-7-board")
    tab = desks[room.learners[0]]
    answer = tab.goto(origins.board(room.workshop))
    assert answer.status == 403
    assert "learner02" not in tab.content()


def test_8_a_session_that_has_expired_asks_for_the_password_and_the_work_is_there(room, desks):
    name = room.learners[0]
    tab = desks[name]
    tab.context.clear_cookies()
    tab.goto(f"{room.server(name)}/lab")
    expect(tab.locator("#username_input")).to_be_visible()
    lab_of(tab, room, name)
    assert (
        TYPED.splitlines()[1].strip()
        in (room.workshop.home(name) / LAB / f"{LAB}.ipynb").read_text()
    )


SECRET = "cat {course}/.secret"
WAYS = {
    "another's home": "cat {homes}/learner02/{lab}/{lab}.ipynb",
    "another's submission": "ls {exchange}/inbound; cat {exchange}/inbound/learner02*/*.ipynb",
    "another's feedback": "ls {exchange}/feedback; cat {exchange}/feedback/*.html",
    "the solutions of the course": "cat {course}/solutions/{lab}/{lab}.ipynb",
    "the solutions of the repository": "cat {repository}/solutions/{lab}/{lab}.ipynb",
    "the gradebook": "cat {course}/gradebook.db",
    "the secret of the hidden tests": SECRET + "; cat {repository}/grader/hidden/key",
    "the passwords and the hub": "cat {root}/accounts.csv {root}/hub/hub.sqlite {root}/hub/cookie_secret",
    "another's process": "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -a learner02",
    "becoming root": "su -c id; sudo -n id; unshare -Ur cat {course}/gradebook.db",
}


@pytest.mark.parametrize("way", WAYS)
def test_9_no_way_to_what_is_not_theirs(room, root, way):
    workshop = room.workshop
    command = WAYS[way].format(
        homes=workshop.root / "homes",
        course=workshop.course,
        exchange=workshop.exchange / COURSE_ID,
        repository=root,
        root=workshop.root,
        lab=LAB,
    )
    done = rooms.run_as(room, "learner01", "sh", "-c", f"({command}) 2>/dev/null")
    assert done.stdout == "", (way, done.stdout[:300])


def test_9_the_wall_lets_them_work(room):
    """A learner has Python, the packages, readable models and a writable home."""
    code = (
        "import harness, grader, pathlib; p = pathlib.Path('x'); p.write_text('1'); p.unlink(); "
        "print(sorted(q.name for q in pathlib.Path('~/.cache/under500').expanduser().iterdir()))"
    )
    done = rooms.run_as(room, "learner01", sys.executable, "-c", code)
    assert "models" in done.stdout, done.stderr


def test_9_who_plants_a_notebook_in_anothers_name_is_not_collected(room, desks):
    stamp = "2099-01-01 00:00:00.000000 UTC"
    folder = f"{room.workshop.exchange}/{COURSE_ID}/inbound/learner02+{LAB}+{stamp}+abc"
    link = f"{folder}/{LAB}.ipynb"
    course = f"{room.workshop.course}/solutions/{LAB}/{LAB}.ipynb"
    command = f"mkdir '{folder}' && ln -s {course} '{link}' && chmod a+rwx '{folder}'"
    done = rooms.run_as(room, "learner01", "sh", "-c", command)
    assert done.returncode == 0, done.stderr
    handed_in = room.workshop.course / "submitted" / "learner02" / LAB / f"{LAB}.ipynb"
    before = handed_in.read_text()
    tab = desks[INSTRUCTOR]
    tab.goto(f"{room.server(INSTRUCTOR)}/lab")
    tab.locator(".jp-DirListing").first.wait_for()
    rooms.press(rooms.formgrader(tab), LAB, "collect")
    assert handed_in.read_text() == before


def test_9_a_learner_cannot_use_the_server_of_another(room, desks):
    tab = desks[room.learners[0]]
    answer = tab.goto(f"{room.server('learner02')}/lab")
    assert answer.status == 403


def test_9_who_fills_their_disk_is_stopped_by_their_own_limit(room):
    command = "head -c 3G /dev/zero > big; stat -c %s big; rm big; echo still here"
    done = rooms.run_as(room, "learner01", "sh", "-c", command)
    size, said = done.stdout.split("\n")[:2]
    assert int(size) <= 2**30
    assert said == "still here"


def test_9_what_the_instructor_grades_runs_in_a_jail(room):
    code = "from grader.sandbox.jail import why_no_jail; print(repr(why_no_jail()))"
    done = rooms.run_as(room, INSTRUCTOR, sys.executable, "-c", code)
    assert done.stdout.strip() == "''", done.stdout + done.stderr
