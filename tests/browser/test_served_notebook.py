"""A learner's notebook behind `under500 serve` with a key, talked to on its page in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from harness.chat.serving_key import KEY_NAME
from harness.kb.questions import draw
from tests.browser.conftest import shot
from tests.e2e.test_served_notebook import KEY, NOTEBOOK
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.models]
CASE = next(case for case in draw("dev", 8, seed=5, history_turns=0) if case.fact)


def test_a_question_to_the_own_notebook_is_answered_with_its_source(tab, environment):
    with serving(NOTEBOOK, **environment, **{KEY_NAME: KEY}) as (url, model):
        tab.goto(url.removesuffix("v1"))
        expect(tab.locator("#model")).to_have_text("needs a key")
        tab.get_by_label("Key of the server").fill(KEY)
        for number in range(2):
            tab.get_by_label("Question").fill(CASE.question.text)
            tab.get_by_role("button", name="Ask").click()
            answer = tab.locator("li.assistant").nth(number)
            expect(answer).to_contain_text(re.compile(r"TTFT [\d,]+ ms, end-to-end [\d,]+ ms"))
            expect(answer).to_contain_text(CASE.gold)
        expect(tab.locator("#model")).to_have_text(model)
        assert KEY not in tab.content() and KEY not in tab.url
        shot(tab, "served-notebook")
