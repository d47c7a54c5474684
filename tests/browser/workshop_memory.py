"""Memory of a workshop's processes at rest: `python -m tests.browser.workshop_memory --learners 30`, as root.

Each learner has JupyterLab open, and a notebook in which nothing was run.
"""

from __future__ import annotations

import argparse
import shutil
from collections import defaultdict
from collections.abc import Iterator
from statistics import mean

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import classroom as rooms
from tests.browser.conftest import PATIENCE_MS
from tests.perf.kernel_memory import pages

REST_MS = 20_000  # after the last kernel has started
# What a process is by a word in its command line; the first that fits.
KINDS = {
    "ipykernel_launcher": "kernel, nothing run",
    "grader.workshop.listening": "Jupyter server",
    "hub_board": "board",
    "configurable-http-proxy": "proxy",
    "jupyterhub": "hub",
}
WRAPPERS = ("bwrap", "setpriv", "prlimit", "sh", "bash", "env")


def open_notebook(browser: Browser, room: rooms.Classroom, name: str) -> Page:
    """Open JupyterLab as `name`, and a new notebook; return the tab when its kernel is idle."""
    tab = browser.new_context().new_page()
    tab.set_default_timeout(PATIENCE_MS)
    rooms.lab_of(tab, room, name)
    tab.locator('.jp-LauncherCard[data-category="Notebook"]').first.click()
    tab.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    return tab


def processes() -> Iterator[tuple[str, dict[str, float]]]:
    """Yield kind and memory of each process of the workshop, all of which this process has started."""
    for process in psutil.Process().children(recursive=True):
        line = " ".join(process.cmdline())
        kind = next((kind for word, kind in KINDS.items() if word in line), "")
        if kind and process.name() not in WRAPPERS:
            yield kind, pages(process.pid)


def main() -> None:
    """Print resident, written and proportional MiB of each kind of process, as a mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=3)
    learners = parser.parse_args().learners
    found = defaultdict(list)
    with sync_playwright() as playwright, rooms.classroom(learners) as room:
        options = {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}
        browser = playwright.chromium.launch(**options)
        tabs = [open_notebook(browser, room, name) for name in room.learners]
        tabs[-1].wait_for_timeout(REST_MS)
        for kind, memory in processes():
            found[kind].append(memory)
        browser.close()
    for kind, rows in sorted(found.items()):
        resident, written, shared = (
            mean(row[key] for row in rows) for key in ("rss", "dirty", "pss")
        )
        row = f"{resident:5.0f} MiB resident, {written:5.0f} written, {shared:5.0f} PSS"
        print(f"{kind:<22} n={len(rows)}: {row}")


if __name__ == "__main__":
    main()
