"""The page of the chat server: what is served, under which policy, and that it needs no key."""

import re

import pytest

from harness.chat.chat_page import FILES
from tests.fakes import saying
from tests.unit.chat.served import served


@pytest.fixture(scope="module")
def replies():
    with served(saying("hi"), key="a-long-enough-key-1") as client:
        return {path: client.get(path) for path in FILES}


@pytest.mark.parametrize("path", FILES)
def test_each_file_has_a_strict_policy_and_needs_no_key(replies, path):
    reply = replies[path]
    assert reply.status_code == 200 and reply.headers["content-type"].startswith(FILES[path][1])
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(replies):
    html, script = replies["/"].text, replies["/chat.js"].text
    assert not re.search(r"<script(?! src)|<style|style=| on\w+=", html)
    assert not re.search(r"https?://", html + script + replies["/chat.css"].text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", script)
