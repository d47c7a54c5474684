"""The key that a chat server asks for."""

import pytest
from typer.testing import CliRunner

from harness import entries
from harness.assistant import Question, ask
from harness.chat.chat_client import ChatClient
from harness.chat.chat_options import KEY_NAME as CLIENT_KEY_NAME
from harness.chat.serving_key import KEY_NAME, serving_key
from harness.cli.main import app
from harness.errors import WrongUseError
from tests.fakes import saying
from tests.unit.chat.served import MODEL, chat, served

KEY = "a-long-enough-key-1"
EVERYBODY = ("0.0.0.0", "::", "192.0.2.1", "", "127.0.0.1.example")


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(KEY_NAME, raising=False)


@pytest.mark.parametrize("host", EVERYBODY)
def test_a_host_that_others_reach_needs_a_key(host):
    with pytest.raises(WrongUseError, match=KEY_NAME):
        serving_key(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_alone_needs_none_but_keeps_one_that_is_set(host, monkeypatch):
    assert serving_key(host) == ""
    monkeypatch.setenv(KEY_NAME, KEY)
    assert serving_key(host) == KEY


@pytest.mark.parametrize("key", ["short", "two words in one key", "schlüssel" * 3, "x\ny" * 9])
def test_a_weak_key_is_refused_and_not_repeated(key, monkeypatch):
    monkeypatch.setenv(KEY_NAME, key)
    with pytest.raises(WrongUseError, match="no safe key") as caught:
        serving_key("127.0.0.1")
    assert key not in str(caught.value)


def test_the_server_does_not_start_without_a_key_and_loads_no_model(monkeypatch):
    monkeypatch.setattr(entries, "entry_named", lambda name: pytest.fail("a model was loaded"))
    result = CliRunner().invoke(app, ["serve", "reference", "--host", "0.0.0.0", "--port", "0"])
    assert result.exit_code == 2 and KEY_NAME in result.stderr


WRONG = ["", KEY, f"Basic {KEY}", "Bearer", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer ü"]


@pytest.mark.parametrize("sent", WRONG)
def test_a_request_without_the_key_is_refused_before_it_is_read(sent):
    with served(saying("hi"), key=KEY) as client:
        headers = {"Authorization": sent.encode()} if sent else {}
        for method, path in (
            ("GET", "/v1/models"),
            ("POST", "/v1/chat/completions"),
            ("GET", "/x"),
        ):
            response = client.request(method, path, headers=headers, content=b"{")
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (401, "invalid_api_key")
            assert KEY not in response.text
        assert client.get("/health").status_code == 200


def test_a_client_with_the_key_is_answered(monkeypatch):
    monkeypatch.setenv(CLIENT_KEY_NAME, KEY)
    with served(saying("24 months"), key=KEY) as http:
        ours = ChatClient(f"{http.base_url}/v1", MODEL)
        assert ask(ours, Question("how long?")).text == "24 months"
        http.headers["Authorization"] = f"bearer {KEY}"
        assert chat(http).status_code == 200
