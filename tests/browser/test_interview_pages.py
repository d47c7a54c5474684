"""The interview in JupyterLab and as a page: asked, answered, timed out and scored in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import notebooks
from tests.browser.conftest import HEIGHT, SHOTS, WIDTH, shot

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(3600)]

LINES = "[data-testid=log] li:not(.u5-pending)"
TALL = 2400  # pixels that hold a whole scorecard
CAUSE = "decode-bound"  # of S01: what the page must not know before the end
MARKUP = "<img src=x onerror=\"document.title='owned'\"> Is <b>that</b> all?"
ANSWERS = (
    "I think decode dominates: most of the 3.2 s is spent generating token by token.",
    "I would use a smaller model, because fewer weights are read for each token; it costs accuracy, so I "
    "would measure that on the evaluation set. I would stream, so that the first words come early, although "
    "the total stays the same.",
)


def start(tab: Page) -> None:
    tab.get_by_role("button", name="Start the interview").click()
    tab.get_by_test_id("interview").wait_for()
    expect(tab.locator(LINES).first).to_contain_text("under 500 ms")


def say(tab: Page, text: str) -> None:
    """Types a turn and presses Enter; waits for the interviewer."""
    before = tab.locator(LINES).count()
    tab.get_by_test_id("box").fill(text)
    tab.get_by_test_id("box").press("Enter")
    tab.wait_for_function(
        "([lines, n]) => document.querySelectorAll(lines).length > n + 1", arg=[LINES, before]
    )
    expect(tab.get_by_test_id("box")).to_have_value("")


def ask(tab: Page) -> None:
    """Asks for the breakdown, and opens another card from the list, by keyboard alone."""
    say(tab, "Where does the time go, per stage?")
    expect(tab.get_by_test_id("card")).to_contain_text("vector search")
    expect(tab.get_by_test_id("card").locator("tr")).to_have_count(9)
    tab.locator("[data-testid=more] summary").press("Enter")
    first = tab.locator("[data-testid=closed] button").first
    name = first.get_attribute("data-card")
    first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    tab.locator(f"[data-testid=tabs] button[data-card={name}]").wait_for()
    tab.locator("[data-testid=tabs] button[data-card=breakdown]").click()
    expect(tab.get_by_test_id("card")).to_contain_text("vector search")


def finish(tab: Page) -> None:
    """Answers, and on from part to part until the scorecard is there."""
    for text in ANSWERS:
        say(tab, text)
    for _ in range(8):
        if tab.get_by_test_id("time").inner_text() == "over":
            break
        before = tab.locator(LINES).count()
        tab.get_by_role("button", name="Next part").click()
        tab.wait_for_function(
            "([lines, n]) => document.querySelectorAll(lines).length > n", arg=[LINES, before]
        )


def scored(tab: Page) -> None:
    """Assert that the debrief names the cause and the scorecard has bars, highlights and the next drill."""
    card = tab.locator(".u5-scorecard")
    card.wait_for()
    expect(tab.get_by_test_id("log")).to_contain_text("The cause was")
    expect(tab.get_by_test_id("box")).to_be_disabled()
    expect(card).to_contain_text("Next drill")
    expect(card).to_contain_text("Systematic debugging")


def whole(tab: Page, name: str) -> None:
    """Play a whole interview about S01 and take a picture of each part."""
    shot(tab, f"{name}-1-form")
    start(tab)
    say(tab, MARKUP)
    expect(tab.locator(LINES).nth(1)).to_contain_text("<b>that</b>")
    assert tab.locator("[data-testid=log] img").count() == 0 and tab.title() != "owned"
    ask(tab)
    shot(tab, f"{name}-2-asked")
    assert CAUSE not in tab.content()
    finish(tab)
    scored(tab)
    expect(tab.locator(".u5-scorecard")).to_contain_text("What to say next time")
    assert CAUSE in tab.get_by_test_id("log").inner_text()
    marks = tab.locator(".u5-scorecard mark[data-kind]")
    assert marks.count() >= 2
    assert any(marks.nth(n).inner_text() in " ".join(ANSWERS) for n in range(marks.count()))
    shot(tab, f"{name}-3-over")
    tab.set_viewport_size({"width": WIDTH, "height": TALL})  # all of it, down to the next drill
    tab.locator(".u5-scorecard").scroll_into_view_if_needed()
    tab.locator(".u5-scorecard").screenshot(path=SHOTS / f"{name}-4-scorecard.png")
    tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def test_a_whole_interview_in_jupyterlab(tab, lab):
    notebooks.opened(tab, lab, "11-mock-interview")
    notebooks.run_all(tab)
    assert notebooks.texts(tab).count(": passed.") >= 4
    notebooks.clean(tab)
    choose(tab, "Scenario", "S01")
    whole(tab, "lab-interview")
    tab.get_by_role("button", name="Play another one").click()
    tab.get_by_role("button", name="Start the interview").wait_for()


def choose(tab: Page, label: str, value: str) -> None:
    """Chooses in a list of the form, by what the option begins with."""
    field = tab.locator(".widget-dropdown", has=tab.locator("label", has_text=label))
    options = field.locator("option").all_inner_texts()
    field.locator("select").select_option(next(one for one in options if one.startswith(value)))


def test_a_whole_interview_as_a_page(tab, page):
    tab.goto(f"{page}/?scenario=S01&seed=1&minutes=20")
    tab.get_by_role("button", name="Start the interview").wait_for()
    whole(tab, "page-interview")
    outside = [entry for entry in names(tab) if not entry.startswith((page, "data:", "blob:"))]
    assert not [entry for entry in outside if "cdn" not in entry]  # refused: see interview_page.py


def names(tab: Page) -> list[str]:
    return tab.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")


def test_time_runs_out(tab, page):
    tab.goto(f"{page}/?scenario=S03&seed=2&minutes=0.3")
    start(tab)
    expect(tab.get_by_test_id("time")).to_have_text(re.compile(r"0:\d\d"))
    expect(tab.get_by_test_id("time")).to_have_text("over")
    scored(tab)
    shot(tab, "page-time-out")


def test_what_is_wrong_with_an_address_is_said(tab, page):
    tab.goto(f"{page}/?scenario=S99")
    expect(tab.get_by_role("alert")).to_contain_text("no scenario 'S99'")
    tab.goto(f"{page}/?minutes=soon")
    expect(tab.get_by_role("alert")).to_contain_text("is no number")
