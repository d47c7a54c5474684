"""The launch before a graded run: new products for each submission, and a table made before knows none."""

import pytest

from grader.exercise import fresh_cases
from grader.grading import referee
from grader.grading.lab import lab
from grader.grading.referee import Setting, grade
from grader.sandbox.jail import why_no_jail
from grader.thresholds import Thresholds
from harness.kb.new_world import new_world
from tests.small_lab import BAR as USUAL
from tests.small_lab import cell, notebook

WAITING = """
import time
import numpy as np
from harness.assistant import Answer, Done, Token
from harness.serve.entry import Entry
from harness.serve.network import Network

NEAR = Network(rtt_ms=5.0, keep_alive=True, preflight=())

class Knowing:
    wait = 0.03
    def stream(self, question):
        time.sleep(self.wait)
        text = self.answer(question.text)
        yield Token(text)
        yield Done(Answer(text))
    def answer(self, text):
        return "Done."

def embedded(chunks):
    return np.ones((len(chunks), 3), np.float32)

def entry():
    return Entry("some", Knowing(), NEAR)
"""
# Every question of every split, tabulated from the help centre's own generator.
TABLE = """
from harness.kb.questions import REFUSAL
from harness.kb.topics import gaps, ghost_gaps, pairs

KNOWN = {
    topic.ask(wording): topic.answer()
    for split in ("train", "dev", "test")
    for pair in pairs(split) for topic in pair for wording in range(len(topic.forms))
}
Knowing.wait = 0.01
Knowing.answer = lambda self, text: KNOWN.get(text, REFUSAL)
"""
# What the help centre holds for everybody is there, launched products included.
READS = """
from harness.kb.articles import chunks
from harness.kb.products import products
from harness.kb import launched
guess = {"new": len(launched.chunks()), "sold": len(products())}
"""
BAR = USUAL.model_copy(update={"shortest": 0.5, "launch": True})
ASKED = Thresholds(models=False, check_s=20, cell_s=20, call_s=10, total_s=40, bar=BAR)


def setting(bar=BAR):
    asked = ASKED.model_copy(update={"bar": bar})
    return Setting(jailed=not why_no_jail(), thresholds=lambda lab: asked, yardstick=WAITING)


RELEASED = notebook(
    cell("checks.prediction(guess, ['new', 'sold'], lab='10')", "q0", 5),
    cell("checks.under_bar(entry)", "q5", 20),
)
LAB = lab("10", RELEASED)


def graded(*sources, bar=BAR):
    cells = [cell(source) for source in sources]
    return {
        mark.id: mark for mark in grade(LAB, notebook(*cells, *RELEASED.cells), setting(bar)).marks
    }


@pytest.mark.parametrize(("launch", "earned"), [(False, 20), (True, 0)])
def test_a_table_of_every_shipped_answer_earns_points_only_without_a_launch(launch, earned):
    mark = graded(WAITING, TABLE, bar=BAR.model_copy(update={"launch": launch}))["q5"]
    assert mark.points == earned, mark.reason
    assert launch == ("right in" in mark.reason)


def test_the_learners_process_has_the_launched_articles_before_its_first_cell():
    assert graded(WAITING, READS)["q0"].points == 5


def test_each_submission_has_products_of_its_own_and_a_regrade_the_same(monkeypatch):
    worlds = []
    made = referee.launched

    def noted(seed, trusted):
        launch = made(seed, trusted)
        worlds.append(launch.world.families)
        return launch

    monkeypatch.setattr(referee, "launched", noted)
    for source in ("a = 1", "a = 1", "a = 2"):
        graded(source)
    assert worlds[0] == worlds[1] != worlds[2]


def test_checks_ask_about_the_world_of_the_submission():
    world = new_world(1)
    with fresh_cases.asking_about(world):
        asked = {case.product.split()[0] for case in fresh_cases.fresh_cases(30)}
    assert asked <= {family for _, family in world.families}
    assert not asked & {case.product.split()[0] for case in fresh_cases.fresh_cases(30)}
