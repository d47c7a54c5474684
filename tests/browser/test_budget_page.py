"""The budget page in a real browser: arithmetic, memo, and how it looks at two widths, light and dark."""

from dataclasses import replace

import pytest

from harness.measure.service.budget import Budget, Change, Kind, Part, asked
from harness.measure.service.techniques import Factor, techniques, to_json
from harness.show.budget_page import budget_page
from tests.browser.conftest import SHOTS

pytestmark = pytest.mark.browser
OWN = {("04-quantization", "q8_0"): Factor(2.0, 1.9, 2.1, 20)}
LONG = Part("POST /v1/chat/completions <b>of a service</b> with a long name", Kind.OTHER, 40.0)


@pytest.fixture
def page_file(tmp_path):
    budget = asked()
    budget = replace(budget, parts=(*budget.parts, LONG), prompt_tokens=500, tokens=30)
    path = tmp_path / "budget.html"
    path.write_text(budget_page(budget, to_json(techniques(budget, OWN))), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium, page_file):
    def open_page(width=1400, scheme="light", page_file=page_file):
        page = chromium.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.on("console", lambda said: pytest.fail(said.text) if said.type == "error" else None)
        page.goto(page_file.as_uri())
        return page

    return open_page


@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_is_kept_as_a_picture(opened, width, scheme):
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"budget-{width}-{scheme}.png", full_page=True)
    page.close()


def ticked(page, names):
    for box in page.locator("#techniques .row").all():
        check = box.get_by_role("checkbox")
        if check.count():
            check.set_checked(any(name in box.inner_text() for name in names))


def test_the_memo_holds_the_sums_of_the_techniques_chosen(opened):
    page = opened()
    ticked(page, ["a quantised model", "stream the answer"])
    memo = page.input_value("#memo")
    # 100 + 200 + 300 + 2500 + 100 + 40 ms; of the model's 2500 ms, now halved, half come after the first text
    assert "| **end-to-end** | **3,240 ms** | **1,990 ms** |" in memo
    assert "| **first text (TTFT)** | **3,240 ms** | **1,265 ms** |" in memo
    assert (
        "a quantised model: × 2.00 (measured in your lab, n = 20, 95 % interval 1.90 to 2.10)"
        in memo
    )
    assert "<b>" not in memo and page.locator("main b").count() == 0
    page.fill("#question", "How long may it take | at most?")
    assert "**Question:** How long may it take   at most?" in page.input_value("#memo")
    page.close()


def test_a_busy_machine_and_unknown_tokens_are_said(opened, tmp_path):
    budget = replace(asked(), beside="1.5 of 2 cores (hog).", tokens=30)
    path = tmp_path / "busy.html"
    path.write_text(budget_page(budget, to_json(techniques(budget, {}))), encoding="utf-8")
    page = opened(page_file=path)
    memo, read = page.input_value("#memo"), page.get_by_label("tokens read")
    assert "hog" in page.inner_text("#warning") and "hog" in memo.splitlines()[2]
    assert "tokens read are unknown" in memo and "unknown" in page.inner_text("#cost-result")
    assert "unknown" in read.get_attribute("aria-valuetext")
    read.fill("0")
    read.dispatch_event("input")
    assert read.get_attribute("aria-valuetext") == "0"
    assert "unknown" not in page.input_value("#memo") + page.inner_text("#cost-result")
    page.close()


MEASURED = {  # share of the change's time after its first text -> TTFT with the change and without it
    None: ("900 ms", "300 ms"),  # neither side is streamed
    0.9: ("900 ms", "30 ms"),
}


@pytest.mark.parametrize("share", MEASURED)
def test_of_another_service_only_what_was_measured_is_ticked(opened, tmp_path, share):
    whole = Part("whole answer", Kind.GENERATE, 900.0, 450.0)
    budget = Budget("mine", "a bench", (whole,), bench=Change(3.0, 2.9, 3.1, 44, share))
    path = tmp_path / "mine.html"
    path.write_text(budget_page(budget, to_json(techniques(budget, {}))), encoding="utf-8")
    page = opened(page_file=path)
    assert page.locator("#techniques input:checked").count() == 1
    now, chosen = MEASURED[share]
    memo = page.input_value("#memo")
    assert f"| **first text (TTFT)** | **{now}** | **{chosen}** |" in memo
    assert "| **end-to-end** | **900 ms** | **300 ms** |" in memo
    assert "from the course's assistant" in memo
    page.close()


def test_load_follows_erlang(opened):
    page = opened()
    # M/M/1 at half load: half of the requests wait, and P(wait > t) = 0.5 exp(-t / 2 s) for 1 s of service
    found = page.evaluate("waiting(0.5, 1000, 1)")
    assert found["load"] == 0.5 and found["mean"] == pytest.approx(1000)
    assert found["p90"] == pytest.approx(2000 * 1.6094, rel=1e-3)
    # two servers at half load: Erlang's C is 1/3
    assert page.evaluate("waiting(1, 1000, 2).mean") == pytest.approx(1000 / 3)
    assert page.evaluate("waiting(2, 1000, 1).load") == 2
    page.close()


def test_the_memo_is_saved_as_a_file(opened):
    page = opened()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Save memo.md").click()
    assert caught.value.suggested_filename == "memo.md"
    page.close()
