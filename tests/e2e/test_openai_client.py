"""`under500 serve reference` and a client that nobody here wrote: the `openai` package."""

import openai
import pytest

from harness.kb.questions import draw
from tests.serving import serving

pytestmark = pytest.mark.models

CASE = draw("dev", 1, seed=5, history_turns=4)[0]
TURNS = [
    {"role": ("user", "assistant")[number % 2], "content": turn}
    for number, turn in enumerate((*CASE.question.history, CASE.question.text))
]


@pytest.fixture(scope="module")
def client():
    with serving("reference") as (url, _):
        yield openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def test_whole_and_streamed_answers_agree(client):
    (model,) = client.models.list().data
    whole = client.chat.completions.create(model=model.id, messages=TURNS)
    *chunks, last = client.chat.completions.create(
        model=model.id, messages=TURNS, stream=True, stream_options={"include_usage": True}
    )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    text = "".join(delta.content or "" for delta in deltas)
    message = whole.choices[0].message
    assert text.split()[: len(message.content.split())] == message.content.split()
    assert message.citations == deltas[-1].citations and CASE.gold in message.citations
    assert last.usage.completion_tokens == whole.usage.completion_tokens > 1
    assert last.usage.prompt_tokens > 10


def test_errors_are_those_that_the_package_knows(client):
    with pytest.raises(openai.NotFoundError, match="use `reference`"):
        client.chat.completions.create(model="gpt-9", messages=TURNS)
    with pytest.raises(openai.BadRequestError, match="empty"):
        client.chat.completions.create(
            model="reference", messages=[{"role": "user", "content": " "}]
        )


def test_a_reader_that_leaves_gets_a_whole_answer_next_time(client):
    with client.chat.completions.create(model="reference", messages=TURNS, stream=True) as stream:
        next(iter(stream))
    assert client.chat.completions.create(model="reference", messages=TURNS).choices
