"""Schedulers and workers as separate processes, here or on hosts emulated by network namespaces."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
BIN = Path(sys.executable).parent
SECRET = b"the secret of this class, 32 bytes"
BRIDGE, NET = "u500", "10.203.0"  # nothing outside of this machine can be reached from it


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Scheduler:
    """An `under500 scheduler` that can be killed and started again at the same address."""

    def __init__(self, host="127.0.0.1"):
        self.host, self.port, self.process = host, free_port(), None
        self.folder = tempfile.mkdtemp()
        self.start()

    @property
    def token(self):
        return Path(self.folder) / "fleet.token"

    @property
    def address(self):
        return f"tls://{self.host}:{self.port}"

    def start(self):
        command = [BIN / "under500", "scheduler", self.host, "--port", str(self.port)]
        self.process = started([*command, "--token", self.token])

    def wait(self):
        """Wait for the token."""
        while not self.token.exists():
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait(30)


def started(command, **options):
    env = os.environ | {"PYTHONPATH": str(ROOT), "DASK_LOGGING__DISTRIBUTED": "error"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=env, start_new_session=True, **quiet, **options)


def worker(address, processes=1, inside=()):
    """Start `under500 worker` on this host or inside a namespace."""
    return started([*inside, BIN / "under500", "worker", address, "--processes", str(processes)])


def ended(process):
    """Terminate a process and wait for it."""
    with ExitStack() as stack:
        stack.callback(process.wait, 30)
        process.terminate()


@contextmanager
def remote(workers=1):
    """Start a scheduler and one `under500 worker`."""
    scheduler = Scheduler()
    scheduler.wait()
    process = worker(str(scheduler.token), workers)
    try:
        yield scheduler
    finally:
        ended(process)
        scheduler.kill()


def why_no_hosts():
    """Return why namespaces cannot be created, or ""."""
    if not shutil.which("ip") or os.geteuid() != 0:
        return "hosts are emulated with `ip netns`, which needs root"
    done = subprocess.run(["ip", "netns", "add", "u500try"], capture_output=True, text=True)
    subprocess.run(["ip", "netns", "del", "u500try"], capture_output=True)
    return done.stderr.strip()


@contextmanager
def hosts(number=2):
    """Yield command prefixes that run a command on an emulated host; the scheduler's address is NET.1."""
    names = [f"u500h{host}" for host in range(number)]
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "del", BRIDGE)
        ip("addr", "add", f"{NET}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for index, name in enumerate(names):
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
            ip(
                "link",
                "add",
                f"u500v{index}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            ip("link", "set", f"u500v{index}", "master", BRIDGE, "up")
            ip("-n", name, "addr", "add", f"{NET}.{index + 2}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield [["ip", "netns", "exec", name] for name in names]


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
