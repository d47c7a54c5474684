"""Labs in JupyterLab, run by clicking: what a learner sees is there, readable and within the page."""

from __future__ import annotations

import pytest

from tests.browser import notebooks
from tests.browser.conftest import SHOTS, shot

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(3600)]

# Checks that have to say "passed", and pictures, at least. Quantisation always works on the model itself.
LABS = {"01-profile": (6, 5), "02-streaming": (6, 3), "04-quantization": (6, 6)}


@pytest.mark.parametrize("name", LABS)
def test_a_solved_lab_runs_from_the_top(tab, lab, name):
    checks, pictures = LABS[name]
    notebooks.opened(tab, lab, name)
    shot(tab, f"{name}-opened")
    notebooks.run_all(tab)
    said = notebooks.texts(tab)
    assert said.count(": passed.") >= checks, said[-2000:]
    notebooks.clean(tab)
    images = tab.locator(".jp-OutputArea-output img")
    assert images.count() >= pictures
    for number in range(images.count()):
        images.nth(number).scroll_into_view_if_needed()
        images.nth(number).screenshot(path=SHOTS / f"{name}-picture-{number}.png")
    shot(tab, f"{name}-run")


def test_an_empty_exercise_says_what_is_missing_and_where_to_look(tab, lab):
    notebooks.opened(tab, lab, "untouched-02-streaming")
    notebooks.run_cell(tab, "from grader import checks")
    notebooks.run_cell(tab, "def stream(pieces, finish):")
    notebooks.run_cell(tab, "checks.stream(stream)")
    verdict = notebooks.cell(tab, "checks.stream(stream)").locator(notebooks.STDERR)
    verdict.wait_for()
    said = verdict.inner_text()
    assert "still empty" in said and "look at" in said and "Traceback" not in said
    shot(tab, "02-streaming-empty-exercise")


def test_hints_are_folded_until_they_are_clicked(tab, lab):
    notebooks.opened(tab, lab, "untouched-02-streaming")
    hint = tab.locator("details", has_text="Hint 1").first
    hint.scroll_into_view_if_needed()
    assert not hint.locator("p").first.is_visible()
    hint.locator("summary").click()
    hint.locator("p").first.wait_for(state="visible")
    shot(tab, "02-streaming-hint")
