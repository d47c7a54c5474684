"""The board of thirty learners and twelve labs: on one screen of a projector, and readable on a phone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from grader.board import board_page, learner_page
from grader.board.exercise_figures import Exercise
from grader.board.guesses import Guess
from grader.board.overview import Board, Queued, Speed, Standing, Status
from grader.board.wrong_answers import Mistake
from grader.grading.report import Mark, Outcome, Report
from harness.measure.service.budget import QUESTION_MS
from harness.measure.stats import Proportion
from tests.browser.conftest import ROOT, shot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LABS = tuple(sorted(path.name for path in (ROOT / "labs").glob("[01]*-*")))
MESSAGE = """Lab 01, exercise 2 (percentile): not yet.
  expected  ValueError: 10 samples have no 99th percentile
  got       289.0
  look at   how many of your samples are slower than the value that you
            return"""
ANSWER = "def percentile(samples_ms, p):\n    return float(np.percentile(samples_ms, p))"
LATE = Standing(Status.GRADED, 81.5, 100, late=10, late_s=7500)


def standing(dice: random.Random, lab: int) -> Standing:
    """Return a standing as in the middle of a course: early labs graded, late ones not begun."""
    if dice.random() < lab / 14:
        return Standing(Status.HANDED_IN if dice.random() < 0.1 else Status.NOTHING)
    status = Status.OPEN if lab in (4, 10) and dice.random() < 0.3 else Status.GRADED
    return Standing(status, dice.choice([100, 85, 92.5, 40, 0]), 100)


def full_board() -> Board:
    dice = random.Random(500)
    names = [f"learner{n:02}" for n in range(1, 30)] + ["a-name-of-considerable-length@example"]
    rows = {who: {lab: standing(dice, n) for n, lab in enumerate(LABS)} for who in names}
    rows[names[0]][LABS[0]] = LATE
    rows[names[1]][LABS[0]] = Standing(Status.GRADED, 70, 100, jailed=False)
    times = [400 + 30 * dice.random() * n for n in range(12)]
    return Board(
        labs=LABS,
        standings=rows,
        queue=(Queued("learner03", LABS[10], "Too noisy: the yardstick varied by 31 %."),),
        mistakes=(
            Mistake(
                LABS[1],
                "l01-q2-percentile",
                "how many of your samples are slower",
                tuple(names[:9]),
                MESSAGE,
                ANSWER,
            ),
            Mistake(
                LABS[2],
                "l02-q1-stream",
                "when the first piece is yielded",
                tuple(names[:1]),
                MESSAGE,
            ),
        ),
        speeds=tuple(
            Speed(who, LABS[10], ms, 500, 36, Proportion(10, 12))
            for who, ms in zip(names, times, strict=False)
        ),
        verdicts={lab: {"passed": 120, "failed": 14, "undecided": 2} for lab in LABS[:5]},
        unreadable=(("learner04", LABS[1], "01-profile.ipynb is not a notebook: save it again."),),
        exercises=tuple(
            Exercise(LABS[1], f"l01-q{n}-exercise", 28, 0.9 - n / 10, 0.6 if n else None)
            for n in range(5)
        ),
        guesses=tuple(Guess(LABS[0], stage, 2 * ms**0.8, 28) for stage, ms in QUESTION_MS.items()),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the board and one learner's page."""
    folder, board = tmp_path_factory.mktemp("board"), full_board()
    (folder / "board.html").write_text(board_page.page(board), encoding="utf-8")
    marks = (
        Mark("l01-q1-breakdown", Outcome.PASSED, 20, 20, "passed"),
        Mark("l01-q2-percentile", Outcome.FAILED, 0, 15, MESSAGE),
        Mark("l01-q3-timed", Outcome.UNDECIDED, None, 15, "Too noisy.", queued=True),
    )
    found = [Report(LABS[1], marks)]
    page = learner_page.page(board, "learner01", found, "board.html")
    (folder / "learner.html").write_text(page, encoding="utf-8")
    return folder


def opened(chromium: Browser, page: Path, width: int, scheme: str) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    tab = context.new_page()
    tab.goto(page.resolve().as_uri())
    return tab


SIZES = """() => [document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll('.scroll')].map(one => one.scrollWidth - one.clientWidth)]"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize("page", ["board", "learner"])
def test_no_page_is_wider_than_its_screen(chromium, folder, page, width, scheme):
    tab = opened(chromium, folder / f"{page}.html", width, scheme)
    for one in tab.locator("summary").all()[:1]:
        one.click()
    page_too_wide, *tables_too_wide = tab.evaluate(SIZES)
    name = f"{page}-{width}-{scheme}"
    shot(tab, name)
    tab.screenshot(path=ROOT / "screenshots" / f"{name}-whole.png", full_page=True)
    tab.context.close()
    assert page_too_wide <= 0
    if width == 1400:
        assert max(tables_too_wide, default=0) <= 0  # all twelve labs are in view


def test_the_table_of_thirty_learners_is_on_one_screen(chromium, folder):
    tab = opened(chromium, folder / "board.html", 1400, "light")
    box = tab.locator("#progress").bounding_box()
    labs = tab.locator("#progress tr:first-child th").count()
    tab.context.close()
    assert labs == 1 + len(LABS) == 13
    assert box["y"] + box["height"] <= 1000
