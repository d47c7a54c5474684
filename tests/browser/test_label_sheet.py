"""A person fills in the labelling sheet offline, comes back to it, and saves what the comparison reads."""

import pytest

from harness.interview.scoring.rubric import DIMENSIONS
from tests.interview.label_compare import rater
from tests.interview.label_sheet import Answer, key, sheet

pytestmark = pytest.mark.browser
FOUND = [Answer("a", "First I'd measure.", "How?", None), Answer("b", "A queue.", "How?", "S07")]


@pytest.fixture
def tab(chromium):
    page = chromium.new_page(offline=True)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    page.close()


def test_a_sheet_keeps_its_entries_and_saves_them(tab, tmp_path):
    file = tmp_path / "sheet.html"
    file.write_text(sheet(FOUND, 7, ideas=True), encoding="utf-8")
    tab.goto(file.as_uri())
    tab.locator("[name=rater]").fill('Ann "A"')
    for answer, level in zip(FOUND, (2, 4), strict=True):
        for name in DIMENSIONS:
            tab.locator(f'[name="{answer.key}.{name}"][value="{level}"]').check()
    tab.locator("summary", has_text="Ideas").first.click()
    tab.reload()
    tab.locator("summary", has_text="Ideas").first.click()
    tab.locator(f'[name="{key("a")}.shows"][value="SYS-MEASURE"]').set_checked(True, force=True)
    with tab.expect_download() as caught:
        tab.get_by_role("button", name="Save labels.csv").click()
    saved = caught.value.path().read_text(encoding="utf-8")
    read = rater(saved, "labels.csv", frozenset(answer.key for answer in FOUND))
    assert read.name == 'Ann "A"'
    assert dict(read.labels[key("a")].levels) == dict.fromkeys(DIMENSIONS, 2)
    assert dict(read.labels[key("b")].levels) == dict.fromkeys(DIMENSIONS, 4)
    assert read.labels[key("a")].shows == {"SYS-MEASURE"} and not read.labels[key("b")].shows


def test_an_incomplete_sheet_is_not_saved(tab, tmp_path):
    file = tmp_path / "sheet.html"
    file.write_text(sheet(FOUND, 8), encoding="utf-8")
    tab.goto(file.as_uri())
    tab.locator("[name=rater]").fill("Ann")
    tab.get_by_role("button", name="Save labels.csv").click()
    assert not tab.locator("form").evaluate("form => form.checkValidity()")
