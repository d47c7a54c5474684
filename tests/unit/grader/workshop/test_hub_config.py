"""What the hub's configuration sets, in a process of its own: it replaces parts of JupyterHub."""

import os
import select
import socket
import subprocess
import sys

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from grader.workshop import before_login, paths

PATIENCE_S = 10
LOAD = """
import sys
from traitlets.config.loader import PyFileConfigLoader
from grader.workshop.start import CONFIG
config = PyFileConfigLoader(str(CONFIG)).load_config()
"""
# A line says that it runs; whoever reads its output then waits for its end.
PROXY = "#!/bin/sh\necho\nexec sleep 60\n"
START_PROXY = LOAD + "import subprocess; subprocess.run(config.ConfigurableHTTPProxy.command)"
# What JupyterHub logs of a browser's report, of an address, and of an exception.
LOG = (
    LOAD
    + r"""
import logging
from jupyterhub.log import CoroutineLogFormatter
to_terminal = logging.StreamHandler(sys.stdout)
to_terminal.setFormatter(CoroutineLogFormatter(color=False))
log = logging.getLogger("JupyterHub")
log.addHandler(to_terminal)
log.warning("Content security violation: %s", "\x1b[2J\r\n\u202e[I forged] line")
log.warning("404 GET /hub/\u009b2J\n[I forged]")
try:
    raise ValueError("\x1b]0;a title\x07")
except ValueError:
    log.exception("failed")
"""
)
LIMITS = (
    LOAD
    + """
from types import SimpleNamespace
from jupyterhub.handlers.base import BaseHandler
from tornado import httpserver, web
server = httpserver.HTTPServer(web.Application())
visitor = SimpleNamespace(get_cookie=lambda name, default: "x" * 3000)
session = BaseHandler.get_session_cookie(visitor)
print(type(server).__name__, server.conn_params.max_body_size, session)
"""
)
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="a workshop needs Linux"),
]


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a program beside the hub's configuration of an empty workshop."""
    (tmp_path / "hub").mkdir()
    proxy = tmp_path / "configurable-http-proxy"
    proxy.write_text(PROXY)
    proxy.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as board:
        port = board.getsockname()[1] - 2
    workshop = paths.Workshop(tmp_path, port)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    env = os.environ | {"PATH": path, paths.VARIABLE: paths.variable(workshop)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return lambda code: subprocess.Popen([sys.executable, "-c", code], env=env, **pipes)


def test_the_proxy_ends_with_a_hub_that_is_killed(start):
    """It would pass passwords to whoever takes the hub's port."""
    hub = start(START_PROXY)
    assert hub.stdout.readline() == b"\n", hub.stderr.read()
    hub.kill()
    ended, *_ = select.select([hub.stdout], [], [], PATIENCE_S)
    assert ended and hub.stdout.read() == b""
    hub.communicate()


def test_no_text_by_others_moves_the_cursor_of_roots_terminal(start):
    hub = start(LOG)
    said, errors = hub.communicate()
    lines = said.decode().splitlines()
    assert [line for line in lines if not line.isprintable()] == [], errors
    assert not [line for line in lines if line.strip().startswith("[I forged")]
    reports, address, *traceback = lines
    assert r"[2J?\n?[I forged] line" in reports and r"2J\n[I forged]" in address
    assert traceback[-1].strip() == "ValueError: ?]0;a title?"


def test_the_hub_refuses_long_bodies_addresses_and_session_ids(start):
    said, errors = start(LIMITS).communicate()
    size = before_login.LIMITS["max_body_size"]
    assert said.decode().split() == ["ShortAddresses", str(size), "None"], errors
    # Forty bodies of 16 KB, which the hub reads as a time, delayed everybody's login by a second.
    assert size <= 4096
