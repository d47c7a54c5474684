"""The address that a chat server listens at."""

from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from harness.chat.chat_server import listen, server
from harness.errors import WrongUseError

HOST = "127.0.0.1"


def test_a_taken_port_is_one_sentence():
    with closing(listen(HOST, 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(WrongUseError, match=f"Port {port} is taken"):
            listen(HOST, port)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no.invalid", 0)])
def test_an_address_that_is_not_of_this_machine_is_one_sentence(host, port):
    with pytest.raises(WrongUseError, match="cannot be used"):
        listen(host, port)


@pytest.mark.parametrize(
    ("name", "status"),
    [("[::1]:8500", 404), ("localhost:8500", 404), ("evil.example", 400), ("[::2]", 400)],
)
def test_a_server_of_this_machine_answers_to_its_names_alone(name, status):
    server(app := Starlette(), "::1")
    assert TestClient(app).get("/", headers={"Host": name}).status_code == status
