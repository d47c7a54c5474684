"""Real HTTP, real sockets, fake assistants."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
import uvicorn

from harness import semconv
from harness.assistant import Answer, BadQuestionError, Done, Question, Token, ask
from harness.measure.latency.trace import recording
from harness.serve import deployment, wan
from harness.serve.client import Client, ServeError
from harness.serve.deployment import HOST, Deployment, _listen
from harness.serve.network import AS_SHIPPED, Network
from harness.stages.diff_postprocess import EMPTY, DiffPostprocess
from tests.fakes import Scripted, pipeline, saying

NEAR = Network(rtt_ms=1.0)


class Broken:
    def stream(self, question):
        yield Token("half ")
        raise OSError("disk on fire")


def test_what_is_streamed_arrives_in_order_and_whole():
    assistant = saying("zwölf Monate 🎧 für dich", citations=("a/b",), flags=("x",))
    with Deployment(assistant, NEAR) as client:
        *pieces, done = client.stream(Question("wie lange?", history=("früher",) * 100))
    *written, last = assistant.events
    assert "".join(piece.text for piece in pieces) == "".join(piece.text for piece in written)
    assert done == last


def test_text_that_follows_at_once_is_sent_together():
    assistant = saying(" ".join(str(number) for number in range(500)))
    with Deployment(assistant, NEAR) as client:
        *pieces, _ = client.stream(Question("count"))
    assert 1 <= len(pieces) < 250  # 500 were written


@pytest.fixture
def connections(monkeypatch):
    """Return the connections that the network's relay has accepted."""
    accepted, relay = [], wan._relay

    async def counted(*arguments):
        accepted.append(arguments)
        await relay(*arguments)

    monkeypatch.setattr(wan, "_relay", counted)
    return accepted


@pytest.mark.parametrize(("kept", "expected"), [(True, 1), (False, 100)])
def test_a_kept_connection_serves_a_hundred_requests(connections, kept, expected):
    with Deployment(saying("hi"), Network(0.0, keep_alive=kept, preflight=())) as client:
        assert [ask(client, Question("?")).text for _ in range(100)] == ["hi"] * 100
    assert len(connections) == expected


def test_a_client_that_leaves_early_gets_a_whole_answer_next_time():
    network = Network(0.0, keep_alive=True, preflight=())
    with Deployment(saying("one two three"), network) as client:
        stream = client.stream(Question("?"))
        next(stream)
        stream.close()
        assert ask(client, Question("?")).text == "one two three"


class Picky:
    def stream(self, question):
        raise BadQuestionError("The question is not nice: be nice.")


def test_a_question_the_server_refuses_comes_back_as_the_same_error():
    with Deployment(Picky(), NEAR) as client, pytest.raises(BadQuestionError, match="be nice"):
        ask(client, Question("?"))


@pytest.mark.parametrize("body", [b"{not json", b'{"text": "' + b"x" * 100_000 + b'"}', b"[]"])
def test_a_body_that_is_not_a_question_is_answered_with_400(body):
    with Deployment(saying("hi"), NEAR) as client:
        response = httpx.post(f"{client.url}/answer", content=body, trust_env=False)
    assert response.status_code == 400
    assert "cannot be read" in response.json()["message"]


def test_a_stage_that_raises_is_named_and_the_server_lives_on():
    with Deployment(Broken(), NEAR) as client:
        for _ in range(2):
            with pytest.raises(ServeError, match="OSError: disk on fire"):
                ask(client, Question("?"))


def test_an_assistant_that_never_finishes_its_answer_is_named():
    with (
        Deployment(Scripted(Token("a")), NEAR) as client,
        pytest.raises(ServeError, match="without an answer"),
    ):
        ask(client, Question("?"))


def test_a_server_that_is_gone_is_named():
    with pytest.raises(ServeError, match="does not answer"):
        ask(Client("http://127.0.0.1:9", NEAR), Question("?"))


def test_a_taken_port_is_one_sentence():
    with closing(_listen(0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServeError, match=f"Port {port} is taken"):
            Deployment(saying("hi"), NEAR, port).__enter__()


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_does_not_exist_is_one_sentence(port):
    with pytest.raises(ServeError, match=f"Port {port} cannot be used"):
        Deployment(saying("hi"), NEAR, port).__enter__()


def test_a_port_that_the_system_refuses_is_one_sentence(monkeypatch):
    def refused(listener, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    with pytest.raises(ServeError, match="Port 80 cannot be used"):
        _listen(80)


def test_any_free_port_is_taken_each_time():
    served = Deployment(saying("hi"), Network(0.0))
    with served:
        port = served._server.config.port
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, port))
        other.listen()
        with served as client:
            assert ask(client, Question("?")).text == "hi"


@pytest.fixture
def hanging(monkeypatch):
    """Let the server's shutdown wait until the test ends."""
    released = threading.Event()

    async def shutdown(server, sockets=None):
        while not released.is_set():
            await asyncio.sleep(0.01)

    monkeypatch.setattr(uvicorn.Server, "shutdown", shutdown)
    yield
    released.set()


def test_a_server_that_does_not_stop_is_named(hanging, monkeypatch):
    with pytest.raises(ServeError, match="did not stop"), Deployment(saying("hi"), NEAR):
        monkeypatch.setattr(deployment, "WAIT_S", 0.01)


def test_an_error_under_way_is_more_important_than_a_server_that_does_not_stop(
    hanging, monkeypatch
):
    with pytest.raises(KeyError), Deployment(saying("hi"), NEAR):
        monkeypatch.setattr(deployment, "WAIT_S", 0.01)
        raise KeyError


def test_a_port_is_taken_before_anything_is_served():
    with closing(_listen(0)) as first:
        port = first.getsockname()[1]
        socket.create_connection((HOST, port), timeout=1).close()
        with pytest.raises(ServeError, match=f"Port {port}"):
            _listen(port)


def test_the_client_is_given_when_the_server_has_started(monkeypatch):
    startup, started = uvicorn.Server.startup, []

    async def slow(server, sockets=None):
        await asyncio.sleep(0.05)
        await startup(server, sockets)
        started.append(server.started)

    monkeypatch.setattr(uvicorn.Server, "startup", slow)
    with Deployment(saying("hi"), NEAR):
        assert started == [True]


@pytest.mark.parametrize("where", ["uvicorn.Server.startup", "asyncio.start_server"])
@pytest.mark.parametrize("error", [OSError("no descriptors"), SystemExit(3)])
def test_a_failed_start_is_raised_with_its_cause_and_frees_the_port(monkeypatch, where, error):
    async def failing(*arguments, **options):
        raise error

    with closing(_listen(0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(where, failing)
    with pytest.raises(ServeError, match=type(error).__name__) as caught:
        Deployment(saying("hi"), NEAR, port).__enter__()
    assert caught.value.__cause__ is error
    _listen(port).close()


def test_a_client_that_leaves_stops_the_work():
    stopped = threading.Event()

    class Endless:
        def stream(self, question):
            try:
                while True:
                    time.sleep(0.005)
                    yield Token("more ")
            finally:
                stopped.set()

    with Deployment(Endless(), NEAR) as client:
        stream = client.stream(Question("?"))
        next(stream)
        stream.close()
        assert stopped.wait(5)


def test_a_request_abandoned_in_the_queue_is_never_worked_on():
    worked_on, gate = [], threading.Event()

    class Gated:
        def stream(self, question):
            worked_on.append(question.text)
            gate.wait(10)
            yield Done(Answer("hi"))

    with Deployment(Gated(), NEAR) as client, ThreadPoolExecutor(1) as users:
        first = users.submit(ask, client, Question("first"))
        while not worked_on:
            time.sleep(0.01)
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{client.url}/answer", json={"text": "left"}, timeout=0.3, trust_env=False)
        time.sleep(0.2)  # the hang-up crosses the emulated network
        gate.set()
        first.result()
        ask(client, Question("third"))
    assert worked_on == ["first", "third"]


def test_the_request_is_covered_by_two_network_spans_around_the_server():
    with Deployment(saying("hi"), NEAR) as client, recording() as recorder:
        ask(client, Question("?", id="q7"))
    one = recorder.last()
    assert [s.name for s in one.spans] == [
        semconv.REQUEST,
        semconv.NETWORK,
        semconv.SERVER,
        semconv.QUEUE,
        semconv.NETWORK,
    ]
    assert one.spans[1].simulated and not one.spans[2].simulated
    assert one.spans[2].attributes[semconv.QUESTION_ID] == "q7"


def test_waiting_for_another_request_is_queueing_and_not_network():
    class Slow:
        def stream(self, question):
            time.sleep(1.0)
            yield Done(Answer("hi"))

    with (
        Deployment(Slow(), NEAR) as client,
        recording() as recorder,
        ThreadPoolExecutor(2) as users,
    ):
        list(users.map(lambda _: ask(client, Question("?")), range(2)))
    first, second = sorted(recorder.traces(), key=lambda one: one.total_ms)
    waited = {s.name: s.duration_ms for s in second.spans}[semconv.QUEUE]
    assert waited >= 300  # of the second that the first one takes
    assert second.stage_ms()[semconv.NETWORK] < waited
    assert second.coverage < first.coverage


def test_distance_is_counted_per_round_trip():
    assert AS_SHIPPED.simulated_ms == 4 * AS_SHIPPED.rtt_ms
    assert Network(10, keep_alive=True, preflight=()).simulated_ms == 10


def test_distance_is_really_there():
    with Deployment(Scripted(Done(Answer("hi"))), Network(rtt_ms=30)) as client:
        start = time.perf_counter()
        ask(client, Question("?"))
    assert time.perf_counter() - start >= 0.120  # a lower bound: light cannot be faster


def test_a_model_that_writes_nothing_is_answered_with_a_sentence():
    silent = pipeline(
        generate=lambda question, chunks: iter([]),
        postprocess=DiffPostprocess(["Kestrel X200"], comparisons=5),
    )
    with Deployment(silent, NEAR) as client:
        assert ask(client, Question("anyone there?")) == Answer(EMPTY, flags=("empty",))
