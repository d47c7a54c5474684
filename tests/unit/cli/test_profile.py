"""`under500 profile` and `serve`, on fake services and objects."""

import json
import re
import threading
import time

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typer.testing import CliRunner

from harness.chat.chat_options import KEY_NAME
from harness.cli.kept_results import REMAINS, SERVICE, TOTAL
from harness.cli.main import app
from harness.learner.results import results
from harness.measure.machine import describe
from harness.tracer_provider import tracer_provider
from tests.fakes import pipeline, saying
from tests.unit.chat.fake_service import EVENTS, GOOD, JSON, delta, sending, service
from tests.unit.chat.served import served
from tests.unit.cli.fake_entries import HOGGED, QUIET, last_json

run = CliRunner().invoke
FAST = ["--rate", "100", "--seed", "1", "--json"]
PIPELINE = pipeline(streaming=True)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: QUIET)


def answering(text):
    return ["It is ", text]


def slow(handler):
    time.sleep(0.01)  # a part below 1 ms has no ceiling, and an idle machine replies in less
    handler.send(200, EVENTS, *GOOD)


def failing(text):
    raise OSError("no disk")


def test_a_service_is_timed_and_the_plan_is_said_first(tmp_path):
    own = tmp_path / "own.jsonl"
    own.write_text('{"text": "a", "regex": "months"}\n{"text": "b"}\nno\n' * 4)
    with service(slow) as server:
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
    remains = values["ceilings"][0]["remains_ms"]
    stored = kept.get((SERVICE, REMAINS))
    assert (stored.value if stored else 0) == max(
        0, remains
    )  # on a busy machine one part may be all


def test_wrong_answers_are_listed_without_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_NAME, key := "sk-not-to-be-seen-0123456789")
    own = tmp_path / "own.jsonl"
    own.write_text('{"text": "how long?", "fact": "12 months"}\n' * 3)
    with service(sending(200, EVENTS, delta(f"{key} "), *GOOD)) as server:
        result = run(app, ["profile", server.url, "--questions", str(own), *FAST])
    wrong = {"question": "how long?", "expected": "12 months", "got": "… 24 months"}
    assert last_json(result)["wrong"] == [wrong] * 3
    assert result.stdout.count("expected “12 months”") == 3 and key not in result.output


def test_an_answer_is_shown_as_it_is(tmp_path):
    own = tmp_path / "own.jsonl"
    own.write_text('{"text": "[b]odds[/b] 1:100:2?", "fact": "12 months"}\n' * 3)
    with service(sending(200, EVENTS, delta("[i]:100: :smile:"), *GOOD)) as server:
        result = run(app, ["profile", server.url, "--questions", str(own), *FAST])
    assert "“[b]odds[/b] 1:100:2?” expected “12 months”, got “[i]:100: :smile:24" in result.stdout


def test_options_of_a_request_reach_the_service(monkeypatch):
    monkeypatch.setenv("TEAM", "a value")
    more = ["--header", "X-Team=TEAM", "--body", '{"temperature": 0}', "--no-usage"]
    with service(sending(200, EVENTS, *GOOD)) as server:
        result = run(app, ["profile", server.url, "-n", "3", *more, *FAST])
    assert result.exit_code == 0 and "a value" not in result.output
    assert "there are 2: end-to-end" in result.stdout and "middle of only 2" in result.stdout
    body = server.bodies[0]
    assert last_json(result)["settings"] == {
        "seed": 1,
        "rate": 100,
        "max_tokens": 256,
        "timeout_s": 60,
        "body": ["temperature"],
    }
    assert body["temperature"] == 0 and "stream_options" not in body
    assert server.headers[0]["X-Team"] == "a value"


BAD_BODIES = [
    "[1]",
    "{",
    '{"n": 2}',
    '{"a": NaN}',
    '{"a": 1e999}',
    r'{"a": "\ud800"}',
    "[" * 100_000,
]
BAD_OPTIONS = [
    ["--header", "sk-1"],
    ["--key-name", "sk-1"],
    ["--key-name", "sk_1"],
    *(["--body", b] for b in BAD_BODIES),
]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_options_that_cannot_be_sent_are_wrong_use(options):
    result = run(app, ["profile", "http://127.0.0.1:1/v1", *options, *FAST])
    assert result.exit_code == 2 and not re.search("sk[-_]1", result.output)


def test_a_service_that_refuses_to_count_is_named_in_the_result():
    def reply(handler):
        refused = "stream_options" in handler.server.bodies[-1]
        said = b'{"error": "no stream_options"}'
        handler.send(*((400, JSON, said) if refused else (200, EVENTS, *GOOD)))

    with service(reply) as server:
        result = run(app, ["profile", server.url, "-n", "3", *FAST])
    assert result.exit_code == 0 and len(server.bodies) == 4
    assert len(last_json(result)["notes"]) == 1 and not last_json(result)["faults"]


def test_a_busy_machine_is_said_first_and_its_times_are_not_kept(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: HOGGED)
    result = run(app, ["profile", f"{__name__}:answering", "-n", "6", *FAST])
    assert result.exit_code == 0, result.output
    assert result.stdout.index("hog") < result.stdout.index("TTFT")
    assert "hog" in last_json(result)["beside"] and len(last_json(result)["busy"]) == 2
    assert "Not kept" in result.stdout and not results()


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
        (sending(401, JSON, b"{}"), "set UNDER500_API_KEY"),
        (sending(200, EVENTS, delta(finish="stop")), "without any text"),
    ],
)
def test_a_service_that_never_answers_is_left_after_three_requests(reply, sentence):
    with service(reply) as server:
        result = run(app, ["profile", server.url, *FAST])
    assert result.exit_code == 1 and sentence in result.stdout
    assert len(server.bodies) == last_json(result)["requests"] == 3


def test_an_answer_that_takes_longer_than_the_timeout_is_none():
    def reply(handler):
        handler.send(200, EVENTS, GOOD[0])
        threading.Event().wait(2)

    with service(reply) as server:
        result = run(app, ["profile", server.url, "-n", "1", "--timeout", "0.2", *FAST])
    assert result.exit_code == 1 and "within 0.2 s" in result.stdout
    assert last_json(result)["settings"]["timeout_s"] == 0.2


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


def test_an_object_takes_no_options_for_an_address():
    more = ["--rate", "0.1", "--body", '{"a": 1}', "--no-usage", "--header", "X=Y"]
    result = run(app, ["profile", f"{__name__}:answering", "-n", "3", "--json", *more])
    assert result.exit_code == 0 and "a second" not in result.stdout
    assert "--rate, --header, --body, --no-usage." in result.stderr
    assert last_json(result)["settings"]["rate"] is None
    assert "Without effect" not in run(app, ["profile", f"{__name__}:answering", "-n", "1"]).stderr


@pytest.mark.parametrize(("n", "said"), [("1", "there are none"), ("2", "there is 1: end-to-end")])
def test_a_single_answer_is_shown(n, said):
    result = run(app, ["profile", f"{__name__}:answering", "-n", n, *FAST])
    assert "first request (cold)" in result.stdout and said in result.stdout


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


@pytest.mark.parametrize("name", ["my_app", "my_app.py", "my_app:"])
def test_a_module_without_a_name_is_told_to_have_one(name):
    result = run(app, ["profile", name, "--json"])
    assert result.exit_code == 2 and "as in my_app:answer" in last_json(result)["error"]


def test_a_model_that_could_be_several_is_wrong_use():
    with service(sending(), models=("a", "b")) as server:
        result = run(app, ["profile", server.url, *FAST])
    assert result.exit_code == 2 and "--model" in last_json(result)["error"]


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
    assert values["interrupted"]


def test_serve_names_an_entry_that_does_not_exist():
    result = run(app, ["serve", "rocket", "--port", "0", "--json"])
    assert result.exit_code == 2 and "rocket" in last_json(result)["error"]
