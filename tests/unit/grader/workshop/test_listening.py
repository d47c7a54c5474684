"""The port of a server is nobody else's: neither before it listens nor after it has died."""

import asyncio
import errno
import os
import runpy
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlparse

import pytest
from traitlets.config import Config

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from jupyterhub.services import service
from tornado import httpserver

from grader.workshop import before_login, hub_board, hub_login, isolation, listening, paths, start
from grader.workshop.paths import INSTRUCTOR, VARIABLE, Workshop, variable
from grader.workshop.spawner import IsolatedSpawner

STARTING = "import time; time.sleep(60)"
# As `listening.main`, with the server of a person who needs no hub.
JUPYTER = """
import sys
from grader.workshop import listening
listener = listening.inherited(int(sys.argv[1]))
listening.lend(listener)
from jupyter_server.serverapp import main
port = listener.getsockname()[1]
options = ("--no-browser", "--allow-root", "--ServerApp.port_retries=0")
main([f"--port={port}", "--ip=127.0.0.1", *options])
"""


def taken(port):
    """Try to take a port as a learner's program would, and return whether that was possible."""
    for options in ((), (socket.SO_REUSEADDR,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)):
        for address in ("127.0.0.1", ""):
            with socket.socket() as one:
                for option in options:
                    one.setsockopt(socket.SOL_SOCKET, option, 1)
                try:
                    one.bind((address, port))
                except OSError:
                    continue
                return True
    return False


@pytest.fixture
def spawner(tmp_path, monkeypatch):
    """Return a function that starts a server of this code, without isolation, and returns its spawner."""
    started = []
    monkeypatch.setattr(listening, "_held", {})
    workshop = Workshop(tmp_path)
    workshop.hub.mkdir()
    monkeypatch.setattr(paths, "current", lambda: workshop)
    account = SimpleNamespace(pw_uid=os.getuid())
    monkeypatch.setattr("grader.workshop.spawner.getpwnam", lambda name: account)
    monkeypatch.setattr(IsolatedSpawner, "get_args", lambda self: [])
    environment = os.environ | {"HOME": str(tmp_path)}
    monkeypatch.setattr(IsolatedSpawner, "get_env", lambda self: environment)

    def server(code, name=INSTRUCTOR):
        command = [sys.executable, "-c", code]
        monkeypatch.setattr(
            isolation, "server_command", lambda *values: [*command, str(values[-1])]
        )
        one = IsolatedSpawner()
        one.user = SimpleNamespace(name=name)
        asyncio.run(one.start())
        started.append(one)
        return one

    yield server
    for one in started:
        kill(one)


def kill(spawner):
    spawner.proc.kill()
    spawner.proc.wait(10)


def test_a_port_is_never_free_while_the_hub_has_a_route_to_it(spawner):
    one = spawner(STARTING)
    assert not taken(one.port)
    kill(one)
    assert not taken(one.port)
    assert asyncio.run(one.poll()) == -9
    assert not taken(one.port)
    assert spawner(STARTING).port == one.port


def test_a_port_is_not_free_after_its_server_has_shut_the_socket_down(spawner):
    shut_down = (
        "import socket, sys; socket.socket(fileno=int(sys.argv[1])).shutdown(socket.SHUT_RDWR)"
    )
    one = spawner(shut_down)
    assert one.proc.wait(10) == 0
    assert not taken(one.port)
    spawner(STARTING)
    socket.create_connection(("127.0.0.1", one.port), timeout=10).close()


def test_a_port_that_another_program_takes_meanwhile_is_left_to_it(monkeypatch):
    bind, lost = socket.socket.bind, []

    def quicker(one, address):
        if address[1] and not lost:
            lost.append(address[1])
            raise OSError(errno.EADDRINUSE, "taken")
        bind(one, address)

    monkeypatch.setattr(listening, "_held", {})
    monkeypatch.setattr(socket.socket, "bind", quicker)
    with listening.held("ada") as one:
        assert lost and not taken(one.getsockname()[1])


def test_jupyter_listens_on_the_sockets_of_the_hub(spawner):
    for _ in range(2):  # the second time after it was killed
        one = spawner(JUPYTER)
        with urllib.request.urlopen(f"http://127.0.0.1:{one.port}/api", timeout=60) as answer:
            assert b"version" in answer.read()
        kill(one)
        asyncio.run(one.poll())


def test_a_server_has_no_socket_of_another(spawner):
    one, other = spawner(STARTING, "ada"), spawner(STARTING, "bob")
    assert one.port != other.port
    own, others = (listening.held(name).fileno() for name in ("ada", "bob"))
    assert one.popen_kwargs["pass_fds"] == [own] and own != others
    assert not listening.held("bob").get_inheritable()


def test_a_server_has_none_of_the_hubs_standard_streams(spawner, tmp_path):
    """With them, it reads what root types, stops the hub's terminal and empties its log."""
    log = Workshop(tmp_path).server_log(INSTRUCTOR)
    log.write_text("of an earlier start")
    one = spawner("import sys; print(repr(sys.stdin.read())); sys.exit('done')")
    assert one.proc.wait(10) == 1
    assert log.read_text() == "''\ndone\n"


def test_the_hub_has_all_ports_before_anybody_can_log_in(tmp_path, monkeypatch):
    monkeypatch.setattr(listening, "_held", {})
    monkeypatch.setattr(service, "Popen", service.Popen)
    monkeypatch.setattr(httpserver, "HTTPServer", httpserver.HTTPServer)
    monkeypatch.setattr("grader.workshop.accounts.saved", lambda _: [SimpleNamespace(name="ada")])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        first = probe.getsockname()[1]
    workshop, config = Workshop(tmp_path, first), Config()
    workshop.hub.mkdir()
    monkeypatch.setenv(VARIABLE, variable(workshop))
    runpy.run_path(str(start.CONFIG), {"get_config": lambda: config})
    assert taken(first)
    assert not taken(first + hub_board.PORT_OFFSET)
    assert not taken(listening.held("ada").getsockname()[1])
    # Nobody but root can send the proxy a request without its key, which it would read to the end.
    socket_url = urlparse(config.ConfigurableHTTPProxy.api_url)
    assert socket_url.scheme == "http+unix"
    assert Path(unquote(socket_url.netloc)).parent == workshop.hub
    assert config.JupyterHub.authenticator_class is hub_login.Authenticator
    [board] = config.JupyterHub.services
    assert httpserver.HTTPServer.keywords == before_login.LIMITS
    options = dict(service.Popen.keywords)
    assert options.pop("pass_fds") == [int(board["command"][-1])]
    assert options.pop("stdin") == subprocess.DEVNULL
    printed = (workshop.hub / "board.log").stat()
    assert set(options) == {"stdout", "stderr"}
    assert all(os.path.samestat(printed, os.fstat(file)) for file in options.values())
