"""How the interview looks: wide and narrow, light and dark; nothing is cut off, axe finds nothing serious."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, WIDTH, shot
from tests.browser.test_interview_pages import finish, say, scored, start

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(1800)]

NARROW = 420  # pixels: a telephone, or JupyterLab beside another window
SERIOUS = ("serious", "critical")
INTERVIEW = ".u5-page, .u5, .u5-scorecard"  # Voilà may have findings of its own

CUT_OFF = """parts => [...document.querySelectorAll(parts)]
    .filter(part => part.scrollWidth > part.clientWidth + 1).length"""


def looked_at(tab: Page, name: str) -> None:
    """Assert that nothing is wider than the window and axe finds nothing serious; keep a picture."""
    tab.wait_for_timeout(300)  # colours change gradually
    shot(tab, name)
    assert not tab.evaluate(CUT_OFF, INTERVIEW), f"{name}: something is cut off"
    shown = [part for part in INTERVIEW.split(", ") if tab.locator(part).count()]
    found = Axe().run(tab, context={"include": [[part] for part in shown]}).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS]
    assert not serious, f"{name}: {serious}"


def played(tab: Page, name: str) -> None:
    """Play an interview from the form to the scorecard and look at each part."""
    looked_at(tab, f"{name}-1-form")
    start(tab)
    say(tab, "Where does the time go, per stage?")
    say(tab, "It's decode: most of the time goes into writing tokens one by one.")
    looked_at(tab, f"{name}-2-asked")
    finish(tab)
    scored(tab)
    looked_at(tab, f"{name}-3-over")
    tab.locator(".u5-scorecard").scroll_into_view_if_needed()
    looked_at(tab, f"{name}-4-scorecard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_the_page(chromium, page, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{page}/?scenario=S01&seed=1&minutes=20")
    tab.get_by_role("button", name="Start the interview").wait_for()
    played(tab, f"face-page-{width}-{scheme}")
    context.close()
