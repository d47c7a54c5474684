"""OpenAI's protocol over real HTTP, with fake assistants."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from opentelemetry import trace

from harness import semconv
from harness.assistant import Answer, BadQuestionError, Done, Question, Token
from harness.chat.chat_app import CHAT_PATH, JSON, MAX_BYTES
from tests.fakes import Scripted, pipeline, saying
from tests.unit.chat.served import MODEL, body, chat, events, served

WAIT_S = 10


def test_a_whole_answer_carries_citations_and_usage():
    with served(saying("24 months 🎧", citations=("a/b",), flags=("x",))) as client:
        reply = chat(client).json()
    (choice,) = reply["choices"]
    assert choice["message"]["content"] == "24 months 🎧"
    assert (choice["message"]["citations"], choice["message"]["flags"]) == (["a/b"], ["x"])
    assert (choice["finish_reason"], reply["object"]) == ("stop", "chat.completion")
    assert reply["usage"] == {"prompt_tokens": 0, "completion_tokens": 3, "total_tokens": 3}


def test_a_stream_has_the_text_then_the_citations_then_the_usage():
    with served(saying("24 months", citations=("a/b",))) as client:
        usage = {"stream_options": {"include_usage": True}}
        *texts, end, counted, mark = events(chat(client, stream=True, **usage))
    deltas = [chunk["choices"][0]["delta"] for chunk in texts]
    assert [delta.pop("role", None) for delta in deltas] == ["assistant", None]
    assert "".join(delta["content"] for delta in deltas) == "24 months"
    assert end["choices"][0]["delta"]["citations"] == ["a/b"]
    assert end["choices"][0]["finish_reason"] == "stop"
    assert (counted["choices"], counted["usage"]["completion_tokens"]) == ([], 2)
    assert mark == "[DONE]"
    assert len({chunk["id"] for chunk in (*texts, end, counted)}) == 1


def test_a_stream_without_options_has_no_usage():
    with served(saying("yes")) as client:
        *chunks, _ = events(chat(client, stream=True))
    assert not any("usage" in chunk for chunk in chunks)


def test_an_answer_that_was_not_streamed_is_one_chunk():
    with served(Scripted(Token(""), Done(Answer("all at once")))) as client:
        first, *_ = events(chat(client, stream=True))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "all at once"}


class Listening:
    """An assistant that keeps the question."""

    def stream(self, question):
        self.heard = question
        yield Done(Answer("yes"))


def test_earlier_turns_become_the_history_and_instructions_do_not():
    listening = Listening()
    parts = [{"type": "text", "text": "and"}, {"type": "text", "text": "now?"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": parts, "name": "ignored"},
    ]
    with served(listening) as client:
        assert chat(client, messages=messages, temperature=1, user="u").status_code == 200
    assert listening.heard == Question("and\nnow?", history=("first", ""))


IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
BAD = {
    "not JSON": (b"{not json", 400, None),
    "not text": (b"\xff\xfe", 400, None),
    "a list": (b"[]", 400, None),
    "no model": ({"messages": body()["messages"]}, 400, "model"),
    "another model": (body(model="gpt-9"), 404, "model"),
    "no messages": (body(messages=[]), 400, "messages"),
    "no question": (body(messages=[{"role": "assistant", "content": "hi"}]), 400, "messages"),
    "an unknown role": (body(messages=[{"role": "king"}]), 400, "messages.0.role"),
    "a picture": (body(messages=[IMAGE]), 400, "messages.0.content"),
    "a number": (body(messages=[{"role": "user", "content": 7}]), 400, "messages.0.content"),
    "two answers": (body(n=2), 400, "n"),
    "an empty question": (body(" "), 400, "messages"),
    "a long question": (body("x" * 5000), 400, "messages"),
    "a longer body": (body("x" * MAX_BYTES), 413, None),
}


@pytest.mark.parametrize(("sent", "status", "param"), BAD.values(), ids=BAD)
def test_a_bad_request_is_one_error_in_the_form_of_openai(sent, status, param):
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    with served(saying("hi")) as client:
        response = client.post(CHAT_PATH, content=content, headers={"Content-Type": JSON})
        assert chat(client).status_code == 200  # the server lives on
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (status, param)
    assert error["type"] == "invalid_request_error" and "\n" not in error["message"]


def test_a_form_of_another_page_starts_no_generation():
    with served(saying("hi")) as client:
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            headers = {"Content-Type": kind}
            response = client.post(CHAT_PATH, content=json.dumps(body()), headers=headers)
            assert response.status_code == 415 and JSON in response.json()["error"]["message"]


def test_models_are_listed_and_other_paths_are_errors_of_the_same_form():
    with served(saying("hi")) as client:
        assert [one["id"] for one in client.get("/v1/models").json()["data"]] == [MODEL]
        assert client.get(f"/v1/models/{MODEL}").json()["id"] == MODEL
        assert client.get("/health").status_code == 200
        for path, status in (("/v1/models/x/y", 404), ("/v1/files", 404), (CHAT_PATH, 405)):
            response = client.get(path)
            assert response.status_code == status and response.json()["error"]["message"]
        strange = client.get("/v1/models", headers={"Host": "evil.example"})
    assert strange.status_code == 400


class Failing:
    def __init__(self, *events, error):
        self.events, self.error = events, error

    def stream(self, question):
        yield from self.events
        raise self.error


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_before_the_first_text_is_an_http_error(stream):
    for error, status in ((OSError("disk on fire"), 500), (BadQuestionError("No: ask."), 400)):
        with served(Failing(error=error)) as client:
            response = chat(client, stream=stream)
        assert response.status_code == status
        assert str(error) in response.json()["error"]["message"]


def test_a_failure_in_the_middle_ends_the_stream_with_an_error():
    with served(Failing(Token("half "), error=OSError("disk on fire"))) as client:
        text, error = events(chat(client, stream=True))
        assert chat(client).status_code == 500
    assert text["choices"][0]["delta"]["content"] == "half "
    assert (error["error"]["type"], "disk on fire" in error["error"]["message"]) == (
        "server_error",
        True,
    )


def test_an_assistant_without_an_end_is_named():
    with served(Scripted(Token("a"))) as client:
        assert "no Done" in chat(client).json()["error"]["message"]


class Endless:
    """An assistant that goes on until its stream is closed; `started` and `stopped` say so."""

    def __init__(self):
        self.asked, self.started, self.stopped = [], threading.Event(), threading.Event()

    def stream(self, question):
        self.asked.append(question.text)
        try:
            while True:
                self.started.set()
                threading.Event().wait(0.005)
                yield Token("more ")
        finally:
            self.stopped.set()


def test_a_client_that_leaves_a_stream_stops_the_work():
    endless = Endless()
    with served(endless) as client:
        with client.stream("POST", CHAT_PATH, json=body(stream=True)) as response:
            next(response.iter_bytes())
        assert endless.stopped.wait(WAIT_S)


def test_a_client_that_leaves_while_it_waits_stops_the_work_and_is_never_worked_on_later():
    endless = Endless()
    with served(endless) as client, ThreadPoolExecutor(1) as users:

        def leave(text):
            with pytest.raises(httpx.TimeoutException):
                httpx.post(
                    f"{client.base_url}{CHAT_PATH}",
                    json=body(text),
                    timeout=0.5,
                    trust_env=False,
                )

        first = users.submit(leave, "first")
        assert endless.started.wait(WAIT_S)
        leave("queued")
        first.result()
        assert endless.stopped.wait(WAIT_S)
        endless.stopped.clear()
        leave("third")
        assert endless.stopped.wait(WAIT_S)
    assert endless.asked in (["first", "third"], ["first", "queued", "third"])


def test_the_trace_of_the_client_goes_on_in_the_server():
    class Traced:
        def stream(self, question):
            yield Done(Answer(f"{trace.get_current_span().get_span_context().trace_id:032x}"))

    theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
    with served(Traced()) as client:
        headers = {"traceparent": f"00-{theirs}-00f067aa0ba902b7-01"}
        reply = client.post(CHAT_PATH, json=body(), headers=headers).json()
    assert reply["choices"][0]["message"]["content"] == theirs


def test_tokens_and_stages_are_those_of_the_spans():
    def generate(question, chunks):
        trace.get_current_span().set_attribute(semconv.INPUT_TOKENS, 321)
        yield from ("Twenty-four ", "months.")

    with served(pipeline(generate=generate, streaming=True)) as client:
        whole = [chat(client) for _ in range(2)][-1]
        streamed = chat(client, stream=True)
    assert whole.json()["usage"] == {
        "prompt_tokens": 321,
        "completion_tokens": 2,
        "total_tokens": 323,
    }
    names = [part.split(";")[0] for part in whole.headers["Server-Timing"].split(", ")]
    assert names == [semconv.QUEUE, *semconv.STAGES[1:], "total"]
    early = [part.split(";")[0] for part in streamed.headers["Server-Timing"].split(", ")]
    assert early == [semconv.QUEUE, semconv.PREPROCESS, semconv.RETRIEVE, "total"]
