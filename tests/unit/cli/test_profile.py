"""`under500 profile` and `serve`, on fake services and objects."""

import json

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typer.testing import CliRunner

from harness.chat.chat_client import KEY_NAME
from harness.cli.kept_results import REMAINS, SERVICE, TOTAL
from harness.cli.main import app
from harness.learner.results import results
from harness.measure.machine import describe
from harness.tracer_provider import tracer_provider
from tests.fakes import pipeline, saying
from tests.unit.chat.fake_service import EVENTS, GOOD, JSON, delta, sending, service
from tests.unit.chat.served import served
from tests.unit.cli.fake_entries import QUIET, last_json

run = CliRunner().invoke
FAST = ["--rate", "100", "--seed", "1", "--json"]
PIPELINE = pipeline(streaming=True)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: QUIET)


def answering(text):
    return ["It is ", text]


def failing(text):
    raise OSError("no disk")


def test_a_service_is_timed_and_the_plan_is_said_first(tmp_path):
    own = tmp_path / "own.jsonl"
    own.write_text('{"text": "a", "regex": "months"}\n{"text": "b"}\nno\n' * 4)
    with service(sending(200, EVENTS, *GOOD)) as server:
        result = run(app, ["profile", server.url, "--questions", str(own), "-n", "7", *FAST])
    assert result.exit_code == 0, result.output
    assert result.stdout.index("at most 7 requests") < result.stdout.index("TTFT")
    assert result.stderr.count("left out") == 4 and "Line 3 of own.jsonl" in result.stderr
    values = last_json(result)
    assert (values["requests"], values["e2e_ms"]["n"], values["streamed"]) == (7, 6, True)
    assert values["cold"]["e2e_ms"] > 0 and values["e2e_ms"]["p90"] is None
    assert values["right"]["successes"] == values["right"]["n"] == 4
    assert len(server.bodies) == 7
    kept = results()
    assert kept[(SERVICE, TOTAL)].value == values["e2e_ms"]["p50"]
    assert kept[(SERVICE, REMAINS)].value == values["ceilings"][0]["remains_ms"]


def test_our_own_server_shows_its_stages_as_parts():
    with served(PIPELINE) as client:
        result = run(app, ["profile", f"{client.base_url}/v1", "-n", "6", *FAST])
    assert result.exit_code == 0, result.output
    assert len(last_json(result)["connect_ms"]) == 1
    assert last_json(result)["completion_tokens"] == 2


def test_an_object_with_spans_has_a_waterfall_and_a_function_has_not():
    traced = run(app, ["profile", f"{__name__}:PIPELINE", "-n", "6", *FAST])
    assert traced.exit_code == 0, traced.output
    assert "limit 500 ms" in traced.stdout
    plain = run(app, ["profile", f"{__name__}:answering", "-n", "6", *FAST])
    assert plain.exit_code == 0 and "limit 500 ms" not in plain.stdout


def test_a_busy_service_is_waited_for():
    said = []

    def reply(handler):
        said.append(1)
        busy = len(said) == 2
        headers = {"Retry-After": "0"} if busy else EVENTS
        handler.send(*((429, headers) if busy else (200, headers, *GOOD)))

    with service(reply) as server:
        values = last_json(run(app, ["profile", server.url, "-n", "5", *FAST]))
    assert (values["requests"], values["e2e_ms"]["n"]) == (5, 3)
    assert [sentence for sentence in values["faults"] if "wait 0 s" in sentence]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (sending(401, JSON, b"{}"), "refuses the key"),
        (sending(200, EVENTS, delta(finish="stop")), "without any text"),
    ],
)
def test_a_service_that_never_answers_is_left_after_three_requests(reply, sentence):
    with service(reply) as server:
        result = run(app, ["profile", server.url, *FAST])
    assert result.exit_code == 1 and sentence in result.stdout
    assert len(server.bodies) == last_json(result)["requests"] == 3


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500])
def test_a_key_that_the_service_repeats_is_not_printed_and_in_no_span(status, monkeypatch):
    monkeypatch.setenv(KEY_NAME, key := "sk-not-to-be-seen-0123456789")
    said = json.dumps({"error": {"message": f"bad key {key}"}}).encode()
    tracer_provider().add_span_processor(SimpleSpanProcessor(kept := InMemorySpanExporter()))
    with service(sending(status, JSON | {"Retry-After": "0"}, said)) as server:
        result = run(app, ["profile", server.url, "-n", "2", *FAST])
    assert server.headers[0]["Authorization"] == f"Bearer {key}"
    assert result.exit_code == 1 and key not in result.output
    kept.shutdown()  # the provider goes on to the next test
    spans = [span.to_json() for span in kept.get_finished_spans()]
    assert spans and not any(key in span for span in spans)


def test_an_object_that_raises_is_named():
    result = run(app, ["profile", f"{__name__}:failing", *FAST])
    assert result.exit_code == 1 and "OSError: no disk" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [["http://x/v1?key=1"], ["no_such_module:f"], ["baseline"], [f"{__name__}:FAST"]],
)
def test_what_is_no_service_is_wrong_use(arguments):
    result = run(app, ["profile", *arguments, "--json"])
    assert result.exit_code == 2 and set(last_json(result)) == {"error"}


def test_an_interrupt_shows_what_was_measured(monkeypatch):
    asked = []

    class Interrupted:
        def stream(self, question):
            asked.append(question)
            if len(asked) == 3:
                raise KeyboardInterrupt
            yield from saying("yes").stream(question)

    monkeypatch.setitem(globals(), "INTERRUPTED", Interrupted())
    result = run(app, ["profile", f"{__name__}:INTERRUPTED", *FAST])
    values = last_json(result)
    assert (result.exit_code, values["requests"], sum(values["faults"].values())) == (130, 3, 1)


def test_serve_names_an_entry_that_does_not_exist():
    result = run(app, ["serve", "rocket", "--port", "0", "--json"])
    assert result.exit_code == 2 and "rocket" in last_json(result)["error"]
