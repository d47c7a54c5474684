"""JupyterHub's configuration for a workshop on one machine."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path
from urllib.parse import quote

from jupyterhub.services import service
from tornado import httpserver

from grader import secret
from grader.workshop import (
    before_login,
    column_lengths,
    hub_board,
    isolation,
    listening,
    origins,
    paths,
    readable_log,
    remembered,
)
from grader.workshop.accounts import saved
from grader.workshop.hub_login import Authenticator
from grader.workshop.spawner import IsolatedSpawner
from harness import store

c = get_config()  # noqa: F821 (JupyterHub defines it)
workshop = paths.current()
BIN = Path(sys.executable).parent

for setting, value in origins.hub_settings(workshop).items():
    setattr(c.JupyterHub, setting, value)
# Separate ports, so that two workshops, or a workshop and a test, can share a machine.
c.JupyterHub.hub_port = workshop.port + 1
# A socket in root's folder: the proxy reads a request of any size before it asks for the key.
c.ConfigurableHTTPProxy.api_url = f"http+unix://{quote(str(workshop.proxy_socket), safe='')}"
# It ends with the hub, however that ends: it would pass passwords to whoever takes the dead hub's port.
c.ConfigurableHTTPProxy.command = [
    *("setpriv", "--pdeathsig", "KILL", "--"),
    shutil.which("configurable-http-proxy") or "configurable-http-proxy",
]
c.ConfigurableHTTPProxy.pid_file = str(workshop.hub / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{workshop.hub / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(workshop.hub / "cookie_secret")
c.JupyterHub.cleanup_servers = True  # a stopped workshop leaves nothing running
c.JupyterHub.redirect_to_server = True

c.JupyterHub.authenticator_class = Authenticator
# the machine may have other accounts
c.Authenticator.allowed_users = {person.name for person in saved(workshop)}
c.PAMAuthenticator.open_sessions = False  # a container has no session service
c.JupyterHub.spawner_class = IsolatedSpawner
c.IsolatedSpawner.interrupt_timeout = 2
c.IsolatedSpawner.poll_interval = 2  # seconds until a dead server's route is gone
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 180  # thirty people may start within the same minute
c.Spawner.http_timeout = 180
c.Spawner.env_keep = ["LANG", "LC_ALL", "VIRTUAL_ENV", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]


def set_paths(spawner: IsolatedSpawner) -> None:
    """Set a person's home, configuration and model folder before their server starts."""
    name = spawner.user.name
    # A kernel beside a learner's notebook imports no module that lies there.
    for_instructor = {secret.VARIABLE: str(workshop.secret), "PYTHONSAFEPATH": "1"}
    spawner.notebook_dir = str(workshop.home(name))
    spawner.environment = {
        "PATH": os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"]),
        "JUPYTER_CONFIG_PATH": str(workshop.settings(name)),
        store.HOME_VARIABLE: str(workshop.home(name) / ".cache" / "under500"),
        **(for_instructor if name == paths.INSTRUCTOR else {}),
    }


c.Spawner.pre_spawn_hook = set_paths

# Before anybody can log in: nobody else ever has the port of a person's server or of the board.
for person in saved(workshop):
    listening.held(person.name)
board = listening.held(hub_board.PATH, workshop.port + hub_board.PORT_OFFSET)
# JupyterHub has no setting for open files of a service. Without the first one, the board does not start.
streams = isolation.own_streams(workshop.hub / "board.log")
service.Popen = partial(service.Popen, pass_fds=[board.fileno()], **streams)
# Nor for the limits of a request.
httpserver.HTTPServer = partial(before_login.ShortAddresses, **before_login.LIMITS)
c.JupyterHub.services = [hub_board.service(workshop, board)]
c.JupyterHub.load_roles = hub_board.roles()
column_lengths.enforce()
remembered.by_the_hub()
readable_log.install()
