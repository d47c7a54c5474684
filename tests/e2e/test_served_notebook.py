"""`under500 serve` with a learner's notebook and a key, and a client that nobody here wrote."""

import httpx
import openai
import pytest

from harness.chat.serving_key import KEY_NAME
from harness.kb.questions import draw
from tests.notebooks.course import ROOT
from tests.serving import serving

pytestmark = pytest.mark.models

NOTEBOOK = ROOT / "solutions" / "10-capstone" / "10-capstone.ipynb"
KEY = "a-learner-s-own-key"
CASES = [case for case in draw("dev", 8, seed=5, history_turns=0) if case.fact][:2]
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture(scope="module")
def server():
    with serving(NOTEBOOK, **{KEY_NAME: KEY}) as (url, model):
        yield url, model


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server[0], api_key=KEY, max_retries=0)


def asked(case):
    return [{"role": "user", "content": case.question.text}]


def test_the_notebook_is_the_model_and_cites_its_sources(client, server):
    assert [model.id for model in client.models.list()] == [server[1]] == ["10-capstone"]
    for case in CASES:
        reply = client.chat.completions.create(model=server[1], messages=asked(case))
        message = reply.choices[0].message
        assert case.gold in message.citations and message.content.strip()
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_a_stream_comes_in_pieces_and_ends_with_citations_and_usage(client, server):
    chunks = client.chat.completions.create(model=server[1], messages=asked(CASES[0]), **USAGE)
    *texts, end, last = chunks
    pieces = [chunk.choices[0].delta.content for chunk in texts]
    assert len(pieces) > 1 and all(pieces)
    assert CASES[0].gold in end.choices[0].delta.citations
    assert end.choices[0].finish_reason == "stop"
    assert not last.choices and last.usage.completion_tokens > 1 < last.usage.prompt_tokens


@pytest.mark.parametrize("key", ["none", "another-key-than-it"])
def test_without_the_key_nothing_is_answered_and_the_page_is_served(server, key):
    url, model = server
    stranger = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="needs a key") as caught:
        stranger.chat.completions.create(model=model, messages=asked(CASES[0]))
    assert KEY not in str(caught.value)
    page = httpx.get(url.removesuffix("v1"), trust_env=False)
    assert page.status_code == 200 and KEY not in page.text
