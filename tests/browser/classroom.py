"""A workshop on this machine for the browser: a hub with four learners, and what each of them clicks."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Page, expect

from grader.workshop import accounts, origins, start
from grader.workshop.accounts import Person
from grader.workshop.paths import INSTRUCTOR, Workshop
from tests.browser import servers

LEARNERS = 4
OPEN = (
    0o755  # a temporary folder is its owner's alone, and every learner has to walk through this one
)


@dataclass(frozen=True)
class Classroom:
    """A running workshop."""

    workshop: Workshop
    people: dict[str, Person]

    @property
    def address(self) -> str:
        """Return the hub's address."""
        return origins.hub(self.workshop)

    def server(self, name: str) -> str:
        """Return the address of a person's server."""
        return f"{origins.server(self.workshop, name)}/user/{name}"

    @property
    def learners(self) -> list[str]:
        """Their names."""
        return [name for name in self.people if name != INSTRUCTOR]


@contextmanager
def classroom(
    learners: int = LEARNERS, config: Path = start.CONFIG, **addresses: Any
) -> Iterator[Classroom]:
    """Brought up, and taken away with its accounts."""
    root = Path(tempfile.mkdtemp(prefix="under500-class-"))
    root.chmod(OPEN)
    workshop = Workshop(root / "workshop", _ports(), **addresses)
    try:
        people = {one.name: one for one in start.prepare_hub(workshop, learners)}
        command = ["jupyterhub", "-f", str(config)]
        log = workshop.hub / "hub.log"
        hub = f"http://127.0.0.1:{workshop.port + 1}/hub/health"
        with servers.serving(command, hub, start.environment(workshop), log):
            _up(f"{'https' if workshop.tls else 'http'}://127.0.0.1:{workshop.port}/hub/health")
            yield Classroom(workshop, people)
    finally:
        accounts.remove(workshop)
        shutil.rmtree(root, ignore_errors=True)


def _ports() -> int:
    """Return the first of four that are free."""
    while True:
        first = servers.free_port()
        if first + 4 < 65535:
            return first


def _up(probe: str) -> None:
    """Wait until the hub answers through its proxy, whose certificate in a test is nobody's."""
    context = ssl._create_unverified_context()
    until = time.monotonic() + servers.PATIENCE_S
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(probe, timeout=10, context=context).close()
            return
        time.sleep(0.5)
    raise AssertionError("The hub did not come up.")


def log_in(tab: Page, room: Classroom, name: str, password: str = "") -> None:
    """Fill in and send the hub's form."""
    tab.goto(f"{room.address}/hub/login")
    tab.fill("#username_input", name)
    tab.fill("#password_input", password or room.people[name].password)
    tab.click("#login_submit")


def lab_of(tab: Page, room: Classroom, name: str) -> None:
    """Logged in, and JupyterLab is there."""
    log_in(tab, room, name)
    tab.wait_for_url(f"**/user/{name}/lab**")
    tab.locator(".jp-Launcher, .jp-DirListing").first.wait_for()


def menu(tab: Page, entry: str) -> None:
    """Choose an entry of the menu Nbgrader."""
    tab.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
    tab.get_by_role("menuitem", name=entry, exact=True).click()


def formgrader(tab: Page) -> FrameLocator:
    """Return the instructor's page inside JupyterLab."""
    menu(tab, "Formgrader")
    return tab.frame_locator("iframe")


def press(frame: FrameLocator, lab: str, column: str) -> str:
    """Click a button of a lab's row; return and close the message that appears."""
    frame.locator("tr", has_text=lab).locator(f".{column} a").click()
    return _said(frame)


def _said(frame: FrameLocator) -> str:
    box = frame.locator(".modal.in")
    box.wait_for()
    text = box.inner_text()
    box.get_by_role("button", name="Close").last.click()
    expect(frame.locator(".modal-backdrop")).to_have_count(0)  # it fades
    return text


def autograde_all(frame: FrameLocator, lab: str, students: list[str]) -> dict[str, str]:
    """Click once for each submission and yield what the page says of it."""
    frame.locator("tr", has_text=lab).locator(".num-submissions a").click()
    found = {}
    for student in students:
        row = frame.locator("tr", has=frame.locator(".student-id", has_text=student))
        row.locator(".autograde a").click()
        found[student] = _said(frame)
    return found


def run_as(room: Classroom, name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command isolated and with a learner's rights, as in their terminal."""
    from grader.workshop import isolation

    env = {"HOME": str(room.workshop.home(name)), "USER": name, "PATH": "/usr/bin:/bin"}
    line = isolation.isolated_command(room.workshop, name, *command)
    return subprocess.run(line, env=env, capture_output=True, text=True, timeout=120)
