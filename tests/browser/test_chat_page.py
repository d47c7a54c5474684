"""The chat page in a real browser, with assistants without models."""

import re
import threading

import pytest
from playwright.sync_api import expect

from harness.assistant import Answer, Done, Token
from tests.browser.conftest import SHOTS
from tests.unit.chat.served import served

pytestmark = pytest.mark.browser
KEY = "a-long-enough-key-1"
EVIL = "<img src=x onerror=alert(1)> 24 months"


class Remembering:
    """An assistant that answers with markup, a source, and the number of turns before the question."""

    def stream(self, question):
        pieces = (EVIL, f" after {len(question.history)} turns")
        yield from map(Token, pieces)
        yield Done(Answer("".join(pieces), ("warranty/x200",)))


class Endless:
    """An assistant that goes on until it is stopped."""

    def __init__(self):
        self.stopped = threading.Event()

    def stream(self, question):
        try:
            while True:
                threading.Event().wait(0.02)
                yield Token("more ")
        finally:
            self.stopped.set()


def ask(page, text):
    page.get_by_label("Question").fill(text)
    page.get_by_role("button", name="Ask").click()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (420, "dark")])
def test_a_conversation_is_shown_as_text_with_its_times(chromium, width, scheme):
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("dialog", lambda dialog: pytest.fail("markup of an answer was run"))
    with served(Remembering()) as client:
        page.goto(str(client.base_url))
        expect(page.locator("#model")).to_have_text("fake")
        for number, turns in enumerate((0, 2)):
            ask(page, "How long is it covered?")
            expect(page.locator("li.assistant").nth(number)).to_contain_text(f"after {turns} turns")
        last = page.locator("li.assistant").last
        expect(last).to_contain_text(re.compile(r"TTFT \d+ ms, end-to-end \d+ ms; sources: warr"))
        expect(last).to_contain_text(EVIL)
        assert page.locator("li img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"chat-{width}-{scheme}.png", full_page=True)
        page.close()


def test_an_answer_can_be_stopped(chromium):
    page, endless = chromium.new_page(), Endless()
    with served(endless) as client:
        page.goto(str(client.base_url))
        ask(page, "Go on")
        expect(page.locator("li.assistant")).to_contain_text("more more")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("li.assistant")).to_contain_text("Stopped.")
        assert endless.stopped.wait(10)
        page.close()


def test_a_server_with_a_key_asks_for_it(chromium):
    page = chromium.new_page()
    with served(Remembering(), key=KEY) as client:
        page.goto(str(client.base_url))
        expect(page.locator("#model")).to_have_text("needs a key")
        page.get_by_label("Key of the server").fill("wrong")
        ask(page, "How long?")
        expect(page.locator("li.assistant")).to_contain_text("refuses this key")
        page.get_by_label("Key of the server").fill(KEY)
        page.get_by_role("button", name="Ask").click()  # the question is still there
        expect(page.locator("li.assistant").last).to_contain_text("24 months")
        page.close()
