"""The client's sentences for every failure, and what becomes of its connection."""

import httpx
import pytest

from harness.assistant import Answer, Done, Question, Token, ask
from harness.serve.client import Client, ServeError
from harness.serve.messages import DONE, TOKEN, DoneBody, TokenBody
from harness.serve.network import Network

URL = "http://server"
HALF = f"event: {TOKEN}\ndata: {TokenBody(text='half ').model_dump_json()}\n\n".encode()
WHOLE = Done(Answer("half an answer"))
LAST = f"event: {DONE}\ndata: {DoneBody.of(WHOLE.answer, 1, 2).model_dump_json()}\n\n".encode()
EVENTS = {"content-type": "text/event-stream"}


class Body(httpx.SyncByteStream):
    """A body whose parts are bytes, or an error that is raised."""

    def __init__(self, *parts):
        self.parts, self.closed = parts, False

    def __iter__(self):
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self):
        self.closed = True


def client(answer, preflight=()):
    """Return a client whose server does `answer`: a response to return, or an error to raise."""

    def handle(request):
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.Client(base_url=URL, transport=httpx.MockTransport(handle))
    return Client(URL, Network(0.0, keep_alive=True, preflight=preflight), http)


def streaming(*parts):
    return httpx.Response(200, headers=EVENTS, stream=Body(*parts))


DIED = httpx.RemoteProtocolError("peer closed connection")
FAILURES = {
    "nobody listens": (httpx.ConnectError("refused"), "does not answer .* still running"),
    "never connected": (httpx.ConnectTimeout(""), "does not answer .* still running"),
    "in a queue": (httpx.ReadTimeout(""), "sent nothing for 120 s"),
    "an error": (httpx.Response(500), "HTTP status 500"),
    "another program": (httpx.Response(404), "HTTP status 404"),
    "too large": (httpx.Response(413), "HTTP status 413"),
    "not JSON": (httpx.Response(400, text="<html>"), "something else than an answer"),
    "not events": (httpx.Response(200, text="hello"), "something else than an answer"),
    "malformed": (streaming(b"event: token\ndata: {\n\n"), "something else than an answer"),
    "unknown event": (streaming(b"data: hello\n\n"), "something else than an answer"),
    "dead before": (DIED, "broke before the answer was complete"),
    "dead in the middle": (streaming(HALF, DIED), "broke before the answer was complete"),
    "reset in the middle": (streaming(HALF, httpx.ReadError("")), "broke before the answer"),
    "ended": (streaming(HALF), "closed the connection"),
}


@pytest.mark.parametrize(("answer", "sentence"), FAILURES.values(), ids=FAILURES)
def test_each_failure_has_its_own_sentence(answer, sentence):
    with pytest.raises(ServeError, match=sentence) as caught:
        ask(client(answer), Question("?"))
    assert "\n" not in str(caught.value)


def test_a_request_before_the_question_can_fail_too():
    with pytest.raises(ServeError, match="HTTP status 503"):
        ask(client(httpx.Response(503), preflight=("/session",)), Question("?"))


def test_a_complete_answer_is_kept_though_the_connection_breaks():
    events = list(client(streaming(HALF, LAST, DIED)).stream(Question("?")))
    assert events == [Token("half "), WHOLE]


@pytest.mark.parametrize("data", [b"event: token\ndata: {\n\n", HALF])
def test_the_connection_is_closed_after_an_error_or_an_early_stop(data):
    body = Body(data, HALF, LAST)
    stream = client(httpx.Response(200, headers=EVENTS, stream=body)).stream(Question("?"))
    if data == HALF:
        next(stream)
        stream.close()
    else:
        with pytest.raises(ServeError) as kept:  # the traceback keeps every frame alive
            next(stream)
        assert kept.value.__traceback__
    assert body.closed
