"""What a server accepts from somebody who has not logged in."""

import http.client
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from tornado import ioloop, netutil, web
from tornado.httputil import HTTPHeaders

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from grader.workshop import before_login

NAME, SECRET = "jupyterhub-user-ada", b"a secret"
IDLE_S = 1.0
LOG = "server.log"
MANY = before_login.LIMITS["max_body_size"] + 1


class Echo(web.RequestHandler):
    def post(self):
        self.finish(str(len(self.request.body)))


@contextmanager
def served(idle_s):
    """Yield the port of a server with the limits, in a thread of its own."""
    auth = SimpleNamespace(hub_auth=SimpleNamespace(cookie_name=NAME))
    app = web.Application([("/", Echo)], cookie_secret=SECRET, identity_provider=auth)
    [one] = netutil.bind_sockets(0, "127.0.0.1")
    ready, loops = threading.Event(), []

    def serve():
        loop = ioloop.IOLoop(make_current=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(before_login.HEADERS, "idle_connection_timeout", idle_s)
            before_login.Server(app).add_socket(one)
        loops.append(loop)
        loop.add_callback(ready.set)
        loop.start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield one.getsockname()[1]
    loops[0].add_callback(loops[0].stop)
    thread.join(10)


@pytest.fixture(scope="module")
def port():
    """Yield the port of a server that soon ends an idle connection."""
    with served(IDLE_S) as port:
        yield port


@pytest.fixture
def patient():
    """Yield the port of a server that waits for a header as long as the class's do."""
    with served(before_login.HEADERS["idle_connection_timeout"]) as port:
        yield port


def cookie(secret=SECRET, name=NAME):
    return f"{NAME}={web.create_signed_value(secret, name, 'token').decode()}"


def status(port, size, headers=None, path="/", method="POST"):
    """Return the status of a request with a body of this size, declared but not sent beyond the limit."""
    one = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    one.putrequest(method, path)
    for name, value in ({"Content-Length": str(size)} | (headers or {})).items():
        one.putheader(name, value)
    one.endheaders()
    one.send(b"x" * min(size, MANY))
    found = one.getresponse().status
    one.close()
    return found


def test_a_large_body_needs_a_login(port):
    assert status(port, MANY - 1) == 200
    assert status(port, MANY) == 400
    assert status(port, MANY, {"Cookie": cookie()}) == 200
    assert status(port, before_login.LOGGED_IN + 1, {"Cookie": cookie()}) == 400


@pytest.mark.parametrize("made_up", [cookie(b"another"), cookie(name="oauth-state"), f"{NAME}=1"])
def test_a_cookie_that_the_server_has_not_signed_is_no_login(port, made_up):
    assert status(port, MANY, {"Cookie": made_up, "Authorization": "token made-up"}) == 400


def test_a_long_address_needs_a_login(port):
    """It is kept until its sender has logged in, and so is a token that the hub does not know."""
    long = "/?" + "x" * (before_login.LONGEST_ADDRESS - 2)
    token = {"Authorization": f"token {'x' * before_login.LONGEST_ADDRESS}"}
    assert status(port, 1, path=long) == 200
    assert status(port, 1, path=long + "x") == 400
    assert status(port, 1, token) == 400
    assert status(port, 1, {"Cookie": cookie()}, long + "x") == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": cookie()}])
def test_a_method_that_nobody_handles_is_refused_with_the_header(port, headers):
    """JupyterHub and Jupyter Server keep figures of each method that reaches a handler."""
    for method in web.RequestHandler.SUPPORTED_METHODS:
        assert status(port, 0, headers, method=method) == (200 if method == "POST" else 405)
    for made_up in ("M123", "post", "CONNECT"):
        assert status(port, 0, headers, method=made_up) == 400


@pytest.mark.parametrize("sent", [0, before_login.HEADERS["max_header_size"] + 1])
def test_an_unfinished_header_ends_its_connection(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * sent)
        assert waiting.recv(100) == b""


def test_of_many_unfinished_headers_the_oldest_ends(patient, monkeypatch):
    """Each holds memory until its time is over, and anybody can send any number of them."""
    monkeypatch.setattr(before_login, "MOST_WAITING", 3)
    connections = []
    for _ in range(5):
        connections.append(socket.create_connection(("127.0.0.1", patient), timeout=10))
        connections[-1].sendall(b"GET / HTTP/1.1\r\nX: ")
    assert [one.recv(1) for one in connections[:2]] == [b"", b""]
    assert status(patient, 1) == 200  # a header that is complete at once is answered
    assert connections[2].recv(1) == b""
    for one in connections[3:]:
        one.sendall(b"x\r\nHost: x\r\n\r\n")
        assert one.recv(12) == b"HTTP/1.1 405"
    for one in connections:
        one.close()


def test_a_header_without_its_body_counts(patient, monkeypatch):
    monkeypatch.setattr(before_login, "MOST_WAITING", 1)
    with socket.create_connection(("127.0.0.1", patient), timeout=10) as waiting:
        waiting.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        assert status(patient, 1) == 200
        assert waiting.recv(1) == b""


def test_a_connection_that_has_ended_does_not_count(patient, monkeypatch):
    monkeypatch.setattr(before_login, "MOST_WAITING", 1)
    for _ in range(3):
        assert status(patient, 1) == 200
    with socket.create_connection(("127.0.0.1", patient), timeout=10) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nX: x\r\nHost: x\r\n\r\n")
        assert waiting.recv(12) == b"HTTP/1.1 405"


def test_the_hub_and_the_board_have_the_limits_of_headers():
    assert before_login.HEADERS.items() <= before_login.LIMITS.items()


def test_an_unfinished_body_ends_its_connection(port, monkeypatch):
    monkeypatch.setitem(before_login.LIMITS, "body_timeout", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
        assert one.recv(1) == b""


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),  # an old browser
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-site"}, False),
        ({"Host": "class.example", "Origin": "https://class.example"}, True),
        ({"Host": "localhost:9000", "Origin": "http://localhost:9000"}, True),  # through a tunnel
        ({"Host": "class.example", "Origin": "https://ada.class.example"}, False),
        ({"Host": "class.example", "Origin": "null"}, False),  # a frame in a sandbox
        ({"Origin": "null"}, False),
    ],
)
def test_only_a_person_logs_in_and_out(headers, expected):
    assert before_login.deliberate(HTTPHeaders(headers)) == expected


OWN = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}
IMAGE = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-site"}
ANOTHERS = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-site"}


class Hub(BaseHTTPRequestHandler):
    """What a person's server asks before it serves, the hub's version; the hub knows no login."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"version": "9"}')

    def do_POST(self):
        self.send_error(400)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    """Yield the address of a hub."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_port}"
        one.shutdown()


@pytest.fixture
def jupyter(hub, tmp_path):
    """Yield the port of a person's server as the hub starts it, without isolation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, file = listener.getsockname()[1], listener.fileno()
        names = {
            "API_TOKEN": "token",
            "API_URL": f"{hub}/hub/api",
            "CLIENT_ID": NAME,
            "SERVICE_PREFIX": "/user/ada/",
            "SERVICE_URL": f"http://127.0.0.1:{port}/user/ada/",
            "USER": "ada",
        }
        variables = {f"JUPYTERHUB_{name}": value for name, value in names.items()}
        variables |= {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
        command = [sys.executable, "-P", "-m", "grader.workshop.listening", str(file)]
        command += ["--allow-root", f"--ServerApp.root_dir={tmp_path}"]
        options = {"pass_fds": [file], "env": os.environ | variables, "cwd": tmp_path}
        with (tmp_path / LOG).open("wb") as log:
            one = subprocess.Popen(command, stderr=log, **options)
        yield port
        one.kill()
        one.wait(10)


def test_a_persons_server_has_both(jupyter):
    """JupyterHub's server is replaced in two places, which another version may not have."""
    for headers, expected in (
        (IMAGE, (403, None, False)),
        (ANOTHERS, (302, "/hub/home", False)),
        (OWN, (302, "/hub/logout", True)),
    ):
        one = http.client.HTTPConnection("127.0.0.1", jupyter, timeout=60)
        one.request("GET", "/user/ada/logout", headers=headers)
        answered = one.getresponse()
        cleared = answered.headers["Set-Cookie"] is not None
        assert (answered.status, answered.headers["Location"], cleared) == expected
        one.close()
    assert status(jupyter, MANY) == 400
    assert status(jupyter, MANY - 1) != 400


def test_a_server_logs_no_address_or_header_of_a_request(jupyter, tmp_path):
    """Anybody can send any number of them, also of requests that fail, and would fill the disk."""
    long = "x" * before_login.LONGEST_ADDRESS
    headers = {"Sec-Fetch-Mode": "navigate", "X": long}
    one = http.client.HTTPConnection("127.0.0.1", jupyter, timeout=60)
    one.request("GET", f"/user/ada/lab?{long[:1000]}", headers=headers)
    to_login = one.getresponse()
    assert to_login.status == 302
    to_login.read()
    state = parse_qs(urlsplit(to_login.headers["Location"]).query)["state"][0]
    headers["Cookie"] = to_login.headers["Set-Cookie"].split(";")[0]
    one.request(
        "GET", f"/user/ada/oauth_callback?code={long[:1000]}&state={state}", headers=headers
    )
    assert one.getresponse().status == 500
    one.close()
    assert status(jupyter, 1, path=f"/user/ada/{long}") == 400
    said = (tmp_path / LOG).read_text()
    assert "is running at" in said
    assert long[:100] not in said
