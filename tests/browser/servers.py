"""Real servers for a real browser: JupyterLab and the interview's page, each in folders of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

from harness import store

# For anything that is waited for: seconds on a quiet machine, minutes beside other work.
PATIENCE_S = int(os.environ.get("PATIENCE") or 240)
# what is a person's; of the second, what was computed is linked
OWN = ("predictions", "interviews", "locks")

# No news from the web, and every cell in the page, whether it is in view or not.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def home(folder: Path) -> Path:
    """Return a cache folder with everything that is prepared, where nothing a test does stays."""
    (folder / "interviews").mkdir(parents=True)
    prepared = [path for path in store.home().iterdir() if path.name not in OWN]
    computed = [path for path in (store.home() / "interviews").glob("*/") if path.is_dir()]
    for path in [*prepared, *computed]:
        (folder / path.relative_to(store.home())).symlink_to(path)
    return folder


@contextmanager
def jupyterlab(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """JupyterLab on the notebooks in `folder`; yields its address."""
    settings = folder.parent / "settings"
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    port = free_port()
    command = ["jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.user_settings_dir={settings}"]
    command += [f"--LabApp.workspaces_dir={folder.parent / 'workspaces'}"]
    address = f"http://127.0.0.1:{port}"
    with serving(command, f"{address}/api", environment, folder.parent / "jupyterlab.log"):
        yield address


@contextmanager
def interview_page(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the page that `under500 interview --page` serves; yields its address."""
    port = free_port()
    command = ["under500", "interview", "--page", "--no-browser", f"--port={port}"]
    address = f"http://localhost:{port}"
    with serving(command, f"{address}/voila/static/voila.js", environment, folder / "page.log"):
        yield address


@contextmanager
def serving(
    command: list[str], probe: str, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Runs a server of this environment until the block ends, and all that it started with it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with log.open("wb") as file:
        server = subprocess.Popen(
            command,
            env={**os.environ, **environment, "PATH": path},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _answers(server, probe, log)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE_S)  # a hub ends each of its servers first


def _answers(server: subprocess.Popen[bytes], probe: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(probe, timeout=10).close()
            return
        except HTTPError:
            return  # it answers, and that is all we ask
        except (URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"{server.args[0]} did not come up:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
