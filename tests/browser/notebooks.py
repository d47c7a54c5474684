"""What a person does with a notebook in JupyterLab, and what is then on the page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

IDLE = "Python 3 (ipykernel) | Idle"  # in the bar at the bottom
BEGUN = ".jp-CodeCell .jp-InputPrompt:text-matches('[*0-9]')"
# JupyterLab draws an error as it draws stderr, where progress bars are, too: the words tell them apart.
STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"
PATIENCE_MS = 60_000 * 3 * 10  # a lab takes up to three minutes, ten times that on a busy machine
ERROR_WORDS = re.compile(r"Error|CheckFailed|Traceback|not yet|still empty")
RUNNING = """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .some(prompt => prompt.textContent.includes('*'))"""
# Pictures and texts that are wider than the room they have, but for what scrolls on purpose.
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
    .filter(area => area.scrollWidth > area.clientWidth + 2)
    .map(area => area.textContent.slice(0, 80) || area.innerHTML.slice(0, 80))"""
DULL = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(image => !image.complete || image.naturalWidth < 200).length"""


def opened(tab: Page, address: str, name: str) -> None:
    """Opens a notebook and waits until its kernel is there."""
    tab.goto(f"{address}/lab/tree/{name}.ipynb?reset")
    tab.locator(".jp-Notebook").wait_for()
    tab.get_by_text(IDLE).wait_for()


def run_all(tab: Page) -> None:
    """Clicks Run, Run All Cells, and waits until no cell has its star."""
    tab.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # JupyterLab asks for a kernel when it is told to run before it has seen that there is one.
    select = tab.get_by_role("button", name="Select", exact=True)
    tab.locator(BEGUN).or_(select).first.wait_for()
    if select.is_visible():
        select.click()
        tab.locator(BEGUN).first.wait_for()
    tab.wait_for_function(f"() => !({RUNNING})()", timeout=PATIENCE_MS)


def run_cell(tab: Page, text: str) -> None:
    """Clicks into the cell with this text and then the button that runs it."""
    cell(tab, text).locator(".cm-content").click()
    tab.locator("[data-command='notebook:run-cell-and-select-next']").first.click()


def cell(tab: Page, text: str) -> Locator:
    """Return the code cell that contains `text`."""
    return tab.locator(".jp-CodeCell", has=tab.locator(".cm-content", has_text=text)).first


def clean(tab: Page, errors: int = 0) -> None:
    """No more errors than meant, every picture drawn, nothing wider than the page."""
    found = tab.locator(STDERR).filter(has_text=ERROR_WORDS).all_inner_texts()
    assert len(found) == errors, found
    assert tab.evaluate(DULL) == 0
    assert tab.evaluate(TOO_WIDE) == []


def texts(tab: Page) -> str:
    """Return all that the cells have put out, as text."""
    return "\n".join(tab.locator(".jp-OutputArea-output").all_inner_texts())
