"""The client of chat services: good answers, and one sentence for every failure."""

import json
import shutil
import ssl
import subprocess
import threading
from itertools import chain

import pytest

from harness.assistant import Answer, Done, Question, Token, ask
from harness.chat import chat_client
from harness.chat.chat_client import ChatClient
from harness.chat.chat_exchange import Exchange, retry_after
from harness.chat.chat_options import KEY_NAME, ChatOptions, ServiceAccess
from harness.chat.service_errors import ServiceError
from harness.errors import WrongUseError
from tests.fakes import saying
from tests.unit.chat.fake_service import DONE, EVENTS, GOOD, JSON, delta, event, sending, service
from tests.unit.chat.served import MODEL, served

ASKED = Question("how long?")
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "24 months"}}]}
KEY = "sk-secret-123"


def error(message):
    return json.dumps({"error": {"message": message}}).encode()


FAILURES = {
    "no key": (sending(401, JSON, error(f"bad key {KEY}")), "refuses the key in UNDER500_API_KEY"),
    "no path": (sending(404, {}, b"<html>"), "does not exist"),
    "elsewhere": (sending(307, {"Location": "http://x/"}), "leads elsewhere"),
    "too many": (sending(429, {"Retry-After": "7"}), "wait 7 s"),
    "too many, no time": (sending(503), "names no time to wait, so that 5 s"),
    "a reason": (sending(400, JSON, error(f"no\x1b[2J {KEY}")), "status 400: no"),
    "broken": (sending(500, {}, b"\xff"), "status 500: no reason given"),
    "a page": (
        sending(200, {"Content-Type": "text/html"}, b"<html>Log in"),
        "text/html: <html>Log in",
    ),
    "no chunk": (sending(200, EVENTS, b"data: {oops\n\n"), "event-stream: {oops"),
    "no whole": (sending(200, JSON, b'{"choices": []}'), "application/json: {"),
    "no text": (sending(200, EVENTS, delta(finish="stop"), DONE), "without any text"),
    "a failure with a good status": (sending(200, JSON, error(f"full {KEY}")), "answered: full"),
    "blank": (sending(200, JSON, json.dumps(WHOLE).replace("24 months", " ").encode()), "without"),
    "half": (sending(200, EVENTS, GOOD[0]), "before the answer was complete"),
    "cut off": (sending(200, EVENTS | {"Content-Length": "999"}, *GOOD[:2]), "broke before"),
    "an error later": (sending(200, EVENTS, GOOD[0], event(error=f"gone {KEY}")), "gone"),
    "a page with the key": (sending(502, {}, b"x" * 50 + KEY.encode()), "status 502: x"),
    "nothing": (lambda handler: None, "broke before"),
}


@pytest.mark.parametrize(("reply", "sentence"), FAILURES.values(), ids=FAILURES)
def test_each_failure_is_one_sentence_without_the_key(reply, sentence, monkeypatch):
    monkeypatch.setenv(KEY_NAME, KEY)
    with service(reply) as server, pytest.raises(ServiceError, match=sentence) as caught:
        ask(ChatClient(server.url, MODEL), ASKED)
    assert KEY not in str(caught.value) and str(caught.value).isprintable()


def test_a_server_that_is_not_there_and_one_without_tls_are_named():
    with service(sending()) as server:
        with pytest.raises(ServiceError, match="certificate"):
            ask(ChatClient(server.url.replace("http", "https"), MODEL), ASKED)
        gone = server.url
    with pytest.raises(ServiceError, match="Nobody answers"):
        ask(ChatClient(gone, MODEL), ASKED)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_named_and_gets_no_key(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_NAME, KEY)
    files = {"-keyout": tmp_path / "key.pem", "-out": tmp_path / "certificate.pem"}
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, *chain(*files.items())], check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(files["-out"], files["-keyout"])
    with (
        service(sending(200, EVENTS, *GOOD), tls=tls) as server,
        pytest.raises(ServiceError, match="certificate") as caught,
    ):
        ask(ChatClient(server.url, MODEL), ASKED)
    assert not server.headers and "\n" not in str(caught.value)


def trickling(part):
    def reply(handler):
        handler.send(200, EVENTS)
        while True:
            handler.wfile.write(part)
            threading.Event().wait(0.02)

    return reply


@pytest.mark.parametrize("part", [b": still here\n\n", delta(""), delta("more ")])
def test_a_stream_without_end_ends_at_the_deadline(part):
    with service(trickling(part)) as server, pytest.raises(ServiceError, match=r"within 0\.3 s"):
        ask(ChatClient(server.url, MODEL, ChatOptions(deadline_s=0.3)), ASKED)


def test_a_stream_that_goes_on_past_its_limit_of_tokens_is_cut():
    with (
        service(trickling(delta("more ") * 20)) as server,
        pytest.raises(ServiceError, match="limit of 9 tokens: its stream was cut after 19 pieces"),
    ):
        ask(ChatClient(server.url, MODEL, ChatOptions(max_tokens=9)), ASKED)


def test_an_answer_that_is_sent_letter_by_letter_is_no_longer_than_its_tokens():
    letters = sending(200, EVENTS, *map(delta, "24 months, then"), delta(finish="stop"), DONE)
    with service(letters) as server:
        found = ask(ChatClient(server.url, MODEL, ChatOptions(max_tokens=4)), ASKED)
    assert found == Answer("24 months, then")


def test_a_flood_ends_at_the_limit_of_bytes(monkeypatch):
    monkeypatch.setattr(chat_client, "MAX_BYTES", 10_000)
    flood = sending(200, EVENTS, *[delta("x" * 1000)] * 50)
    with service(flood) as server, pytest.raises(ServiceError, match="MB in one reply"):
        ask(ChatClient(server.url, MODEL), ASKED)


def test_characters_that_are_split_arrive_whole():
    chunk = {"choices": [{"delta": {"content": "zwölf 🎧"}}]}
    data = f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
    split = [bytes([byte]) for byte in data]
    halves = delta("\ud83c"), delta("\udfa7", "stop")
    with service(sending(200, EVENTS, *split, *halves, DONE)) as server:
        *pieces, done = ChatClient(server.url, MODEL).stream(ASKED)
    assert [piece.text for piece in pieces] == ["zwölf 🎧", "🎧"]
    assert done == Done(Answer("zwölf 🎧🎧"))


def test_a_complete_answer_is_kept_though_the_connection_breaks():
    broken_later = sending(200, EVENTS | {"Content-Length": "999"}, *GOOD)
    with service(broken_later) as server:
        assert list(ChatClient(server.url, MODEL).stream(ASKED))[-1] == Done(Answer("24 months"))


def test_a_server_that_ignores_stream_answers_in_one_piece():
    usage = {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
    with service(sending(200, JSON, json.dumps(WHOLE | usage).encode())) as server:
        client = ChatClient(server.url, MODEL)
        assert list(client.stream(ASKED)) == [Token("24 months"), Done(Answer("24 months"))]
    assert client.last.prompt_tokens == 5


PARTS = {"content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "24 months"}]}
ODD = {  # replies that other clients read
    "no type": sending(200, {}, *GOOD),
    "plain text": sending(200, {"Content-Type": "text/plain; charset=utf-8"}, *GOOD),
    "a filter's event": sending(200, EVENTS, event(choices=None), *GOOD),
    "no usable count": sending(200, EVENTS, *GOOD[:3], event(usage={"prompt_tokens": None}), DONE),
    "parts in a stream": sending(200, EVENTS, event(choices=[{"delta": PARTS}]), *GOOD[2:]),
    "parts": sending(200, JSON, json.dumps({"choices": [{"message": PARTS}]}).encode()),
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD)
def test_a_server_with_habits_of_its_own_is_read(reply):
    with service(reply) as server:
        client = ChatClient(server.url, MODEL)
        assert ask(client, ASKED) == Answer("24 months")
    assert client.last.completion_tokens is None


def test_what_is_sent_is_bounded_and_has_the_turns(monkeypatch):
    monkeypatch.setenv("OTHER", KEY)
    with service(sending(200, EVENTS, *GOOD)) as server:
        client = ChatClient(server.url, MODEL, ChatOptions(ServiceAccess("OTHER"), max_tokens=9))
        ask(client, Question("now?", history=("hi", "hello")))
    (body,) = server.bodies
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
    assert (body["max_tokens"], body["stream"]) == (9, True)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(client)


def test_a_request_without_a_key_is_told_which_variable_holds_one(monkeypatch):
    monkeypatch.delenv(KEY_NAME, raising=False)
    with (
        service(sending(401, JSON, error("no"))) as server,
        pytest.raises(ServiceError, match=KEY_NAME),
    ):
        ask(ChatClient(server.url, MODEL), ASKED)


def refusing(status, said):
    def reply(handler):
        refused = "stream_options" in handler.server.bodies[-1]
        handler.send(*((status, JSON, error(said)) if refused else (200, EVENTS, *GOOD)))

    return reply


@pytest.mark.parametrize("status", [400, 422])
def test_a_gateway_that_refuses_to_count_is_asked_again_once_and_it_is_said(status):
    with service(refusing(status, "unknown field stream_options")) as server:
        client = ChatClient(server.url, MODEL)
        assert [ask(client, ASKED) for _ in range(2)] == [Answer("24 months")] * 2
        assert len(server.bodies) == 3 and len(client.notes) == 1
        told = ChatClient(server.url, MODEL, ChatOptions(usage=False))
        assert ask(told, ASKED) == Answer("24 months") and not told.notes
        assert len(server.bodies) == 4


def test_another_refusal_is_no_reason_to_ask_again():
    with (
        service(refusing(400, "too long")) as server,
        pytest.raises(ServiceError, match="too long"),
    ):
        ask(ChatClient(server.url, MODEL), ASKED)
    assert len(server.bodies) == 1


def test_headers_come_from_the_environment_and_fields_are_added(monkeypatch):
    monkeypatch.setenv("TEAM_KEY", f"Token {KEY}")
    options = ChatOptions(
        ServiceAccess(variables={"X-Api-Key": "TEAM_KEY"}), body={"temperature": 0}
    )
    with service(sending(200, EVENTS, *GOOD)) as server:
        ask(client := ChatClient(server.url, MODEL, options), ASKED)
        server.reply = sending(500, JSON, error(f"no {KEY}"))
        with pytest.raises(ServiceError) as caught:
            ask(client, ASKED)
    assert server.headers[0]["X-Api-Key"] == f"Token {KEY}" and server.bodies[0]["temperature"] == 0
    assert KEY not in repr(client) and KEY not in str(caught.value)


BAD_HEADERS = [{"X": "NOT_SET_ANYWHERE"}, {"X": KEY}, {"two words": "TEAM"}, {"Host": "TEAM"}]


@pytest.mark.parametrize("variables", BAD_HEADERS)
def test_a_header_that_cannot_be_sent_is_wrong_use(variables, monkeypatch):
    monkeypatch.setenv("TEAM", "a value")
    with pytest.raises(WrongUseError, match="header") as caught:
        ChatClient(
            "https://models.example/v1", MODEL, ChatOptions(ServiceAccess(variables=variables))
        )
    assert KEY not in str(caught.value)


def test_a_header_of_ones_own_takes_the_place_of_the_key(monkeypatch):
    monkeypatch.setenv(KEY_NAME, KEY)
    monkeypatch.setenv("TEAM", "Basic abc")
    assert ServiceAccess(variables={"authorization": "TEAM"}).headers("https://h/v1") == {
        "authorization": "Basic abc"
    }


def test_a_key_that_is_given_as_its_name_is_not_quoted():
    with pytest.raises(WrongUseError, match="--key-name") as caught:
        ServiceAccess(KEY)
    assert KEY not in str(caught.value)


def test_a_header_is_not_sent_in_the_clear(monkeypatch):
    monkeypatch.setenv("TEAM", "a value")
    with pytest.raises(WrongUseError, match="unencrypted"):
        ChatClient(
            "http://models.example/v1", MODEL, ChatOptions(ServiceAccess(variables={"X": "TEAM"}))
        )


@pytest.mark.parametrize("name", ["model", "stream", "max_tokens", "n"])
def test_fields_that_are_planned_for_cannot_be_added(name):
    with pytest.raises(WrongUseError, match=name):
        ChatOptions(body={name: 1})


def test_openai_itself_gets_its_own_name_for_the_limit():
    names = [
        ChatClient(f"https://{host}/v1").limit_name for host in ("api.openai.com", "myopenai.com")
    ]
    assert names == ["max_completion_tokens", "max_tokens"]


ADDRESSES = ["ftp://x/v1", "http:///v1", "http://[x/v1", "http://h:99999/v1", "localhost:8000"]
WITH_KEYS = [f"http://u:{KEY}@h/v1", f"https://h/v1?key={KEY}", f"https://h/v1#{KEY}"]


@pytest.mark.parametrize("url", ADDRESSES + WITH_KEYS)
def test_an_address_that_cannot_be_one_is_wrong_use(url):
    with pytest.raises(WrongUseError, match=r"[Aa]ddress") as caught:
        ChatClient(url, MODEL)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, "two words", "line\nline", "schlüssel"])
def test_a_key_is_never_sent_in_the_clear_or_in_pieces(key, monkeypatch):
    monkeypatch.setenv(KEY_NAME, key)
    with pytest.raises(WrongUseError, match=KEY_NAME) as caught:
        ChatClient("http://models.example/v1", MODEL)
    assert key not in str(caught.value)


@pytest.mark.parametrize("models", [(), ("a", "b")])
def test_a_server_with_no_or_several_models_asks_for_a_name(models):
    with service(sending(), models) as server, pytest.raises(WrongUseError, match="--model"):
        ChatClient(server.url).only_model()


def test_our_own_server_says_everything():
    with served(saying("24 months", citations=("a/b",), flags=("x",))) as ours:
        client = ChatClient(f"{ours.base_url}/v1")
        client.model = client.only_model()
        client.close()
        exchanges = []
        for _ in range(2):
            *_, done = client.stream(ASKED)
            exchanges.append(client.last)
        client.close()
    assert done == Done(Answer("24 months", ("a/b",), ("x",)))
    first, second = exchanges
    assert first.connect_ms > 0 == second.connect_ms
    assert 0 < second.server_ms <= second.reply_ms
    assert list(second.server) == ["queue"] and second.completion_tokens == 2


@pytest.mark.parametrize(
    ("details", "hidden"),
    [
        ({"reasoning_tokens": 7}, 7),
        ({"reasoning_tokens": 99}, 0),
        ({"reasoning_tokens": None}, 0),
        ([], 0),
    ],
)
def test_hidden_tokens_are_counted_apart(details, hidden):
    usage = {"prompt_tokens": 3, "completion_tokens": 9, "completion_tokens_details": details}
    with service(sending(200, EVENTS, *GOOD[:-1], event(choices=[], usage=usage), DONE)) as server:
        ask(client := ChatClient(server.url, MODEL), ASKED)
    assert (client.last.completion_tokens, client.last.reasoning_tokens) == (9, hidden)


def test_a_pause_closes_no_connection(monkeypatch):
    made = {}
    monkeypatch.setattr(chat_client.httpx, "Client", lambda **options: made.update(options))
    ChatClient("http://127.0.0.1:1/v1").reopen()
    assert made["limits"].keepalive_expiry is None


def test_only_complete_steps_of_a_connection_are_added_up():
    steps = ["connect_tcp.started", "connect_tcp.failed", "connect_tcp.started"]
    exchange = Exchange()
    for step in steps:
        exchange.note(f"connection.{step}", {})
    assert exchange.connect_ms == 0
    exchange.note("connection.connect_tcp.complete", {})
    assert 0 < exchange.connect_ms <= exchange._now_ms()


def replied(**headers):
    exchange = Exchange()
    exchange.replied({name.replace("_", "-"): value for name, value in headers.items()})
    return exchange


def test_the_server_time_is_the_total_or_the_longest_part():
    ours = replied(server_timing='queue;dur=1.5, db;desc="x, y";dur=2, total;dur=9')
    assert (ours.server, ours.server_ms) == ({"queue": 1.5, "db": 2.0}, 9.0)
    assert replied(server_timing="db;dur=3, app;dur=4, cache").server_ms == 4.0
    assert replied(server_timing="db;dur=3, db;dur=4, total;dur=9").server == {"db": 7.0}
    assert replied(openai_processing_ms="12").server_ms == 12.0
    assert replied(server_timing="total;dur=..", openai_processing_ms="-1").server_ms is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("²", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(said, seconds):
    assert retry_after({"retry-after": said}) == seconds
