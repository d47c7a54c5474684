"""The ports of a class's proxy, hub and board: a learner's program never gets one, also while one is free."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from grader.workshop import accounts, ports, start
from grader.workshop.paths import Workshop
from harness.errors import WrongUseError

FIRST, DEFAULT = 18000, "1024"
NEEDED = str(FIRST + ports.COUNT)
NOBODY = 65534
# In a network namespace of its own: as root, then as nobody, tries each port of a workshop and the next one.
TRY_ALL = f"""
import os, socket, sys
from pathlib import Path
from grader.workshop import ports
from grader.workshop.paths import Workshop

def taken(host, family):
    found = []
    for port in range({FIRST}, {FIRST} + ports.COUNT + 1):
        with socket.socket(family) as one:
            try:
                one.bind((host, port))
                found.append(port)
            except OSError:
                pass
    return found

def as_nobody():
    if child := os.fork():
        return os.waitpid(child, 0)
    os.setgid({NOBODY}), os.setuid({NOBODY})
    print(taken("", socket.AF_INET), taken("::", socket.AF_INET6), flush=True)
    os._exit(0)

ports.LOCK = Path(sys.argv[1])
with ports.privileged(Workshop(Path("/w"), {FIRST})):
    as_nobody()
as_nobody()
"""

# A start whose hub ends when its input does.
START = f"""
import sys
from contextlib import nullcontext
from pathlib import Path
from grader.workshop import accounts, ports, start
from grader.workshop.paths import Workshop

ports.LOCK, ports.FIRST_FREE, folder, hub = map(Path, sys.argv[1:])
ports.reserved = nullcontext
accounts.kill_processes = lambda _: None
start._executable = lambda _: hub
start.run_hub(Workshop(folder, {FIRST}))
"""
HUB = "#!/bin/sh\necho\nexec cat\n"


@pytest.fixture
def setting(tmp_path, monkeypatch):
    """Return a file in the place of the kernel's setting."""
    file = tmp_path / "first_free"
    file.write_text(DEFAULT)
    monkeypatch.setattr(ports, "FIRST_FREE", file)
    monkeypatch.setattr(ports, "LOCK", tmp_path / "lock")
    return file


def test_only_root_opens_a_port_of_a_running_workshop(setting):
    with ports.privileged(Workshop(Path("/w"), FIRST)):
        assert setting.read_text() == NEEDED
        assert ports.LOCK.stat().st_mode & 0o077 == 0
    assert setting.read_text() == DEFAULT


@pytest.mark.parametrize("port", [443, 1021, 8000])
def test_a_low_port_is_a_port_like_others(setting, port):
    """Docker starts containers with 0, so that a learner could take the port 443, too."""
    setting.write_text("0")
    with ports.privileged(Workshop(Path("/w"), port)):
        assert setting.read_text() == str(port + ports.COUNT)
    assert setting.read_text() == "0"


def test_a_higher_setting_stays(setting):
    setting.write_text("20000")
    with ports.privileged(Workshop(Path("/w"), FIRST)):
        assert setting.read_text() == "20000"
    assert setting.read_text() == "20000"


ORDERS = list(permutations([FIRST, FIRST - 1000]))


def entered(port):
    one = ports.privileged(Workshop(Path("/w"), port))
    one.__enter__()
    return port, one


@pytest.mark.parametrize("starts", ORDERS)
@pytest.mark.parametrize("ends", ORDERS)
def test_the_first_value_returns_in_whatever_order_workshops_end(setting, starts, ends):
    running = dict(map(entered, starts))
    assert setting.read_text() == NEEDED
    running[ends[0]].__exit__(None, None, None)
    assert setting.read_text() == NEEDED  # no port of the other is open
    running[ends[1]].__exit__(None, None, None)
    assert setting.read_text() == DEFAULT


def test_the_first_value_returns_after_a_workshop_that_was_killed(setting):
    lock = ports.LOCK
    with ports.privileged(Workshop(Path("/w"), FIRST)):
        left = lock.read_bytes()
    setting.write_text(NEEDED)  # as it was left
    lock.write_bytes(left)
    with ports.privileged(Workshop(Path("/w"), FIRST - 1000)):
        assert setting.read_text() == NEEDED
    assert setting.read_text() == DEFAULT
    assert not lock.read_bytes()


def test_who_lowers_the_setting_meanwhile_opens_no_port(setting, monkeypatch):
    """A workshop in another container, with its own /run and this network, knows nothing of this one."""
    monkeypatch.setattr(ports, "LOOK_S", 0.01)
    setting.write_text("8003")
    with ports.privileged(Workshop(Path("/w"), FIRST)):
        setting.write_text(DEFAULT)
        wait_until(lambda: setting.read_text() == NEEDED)
    assert setting.read_text() == DEFAULT  # the lowest


def wait_until(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until


def test_an_error_restores_the_setting(setting):
    with pytest.raises(KeyboardInterrupt), ports.privileged(Workshop(Path("/w"), FIRST)):
        raise KeyboardInterrupt
    assert setting.read_text() == DEFAULT


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path / "w", FIRST)
    made.hub.mkdir(parents=True)
    return made


def test_without_the_setting_no_hub_starts(setting, workshop, monkeypatch):
    setting.unlink()
    setting.mkdir()  # neither read nor written
    monkeypatch.setattr(accounts, "kill_processes", lambda _: None)
    monkeypatch.setattr(start, "allow_files", lambda: None)
    monkeypatch.setattr(start.subprocess, "run", lambda *_, **__: pytest.fail("The hub started."))
    with pytest.raises(WrongUseError, match=f"ip_unprivileged_port_start={NEEDED}"):
        start.run_hub(workshop)


def test_the_hub_runs_with_the_setting_until_everybodys_processes_have_ended(
    setting, workshop, monkeypatch
):
    seen = []

    @contextmanager
    def reserved(_):
        yield

    def run(*_, **__):
        seen.append(setting.read_text())
        return subprocess.CompletedProcess((), 0)

    monkeypatch.setattr(
        accounts, "kill_processes", lambda _: seen.append(f"killed at {setting.read_text()}")
    )
    monkeypatch.setattr(start, "allow_files", lambda: None)
    monkeypatch.setattr(ports, "reserved", reserved)
    monkeypatch.setattr(start.subprocess, "run", run)
    assert start.run_hub(workshop) == 0
    assert seen == [f"killed at {NEEDED}", NEEDED, f"killed at {NEEDED}"]
    assert setting.read_text() == DEFAULT


@pytest.mark.parametrize("signal", [SIGTERM, SIGKILL])
def test_a_hub_whose_start_was_killed_keeps_its_ports(setting, workshop, tmp_path, signal):
    hub = tmp_path / "jupyterhub"
    hub.write_text(HUB)
    hub.chmod(0o755)
    values = (ports.LOCK, setting, workshop.root, hub)
    command = [sys.executable, "-c", START, *map(str, values)]
    begun = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert begun.stdout.readline() == b"\n"
    begun.send_signal(signal)
    begun.wait(20)
    another = Workshop(Path("/w"), FIRST - 1000)
    with ports.privileged(another):
        pass
    assert setting.read_text() == NEEDED
    begun.communicate(timeout=20)  # the hub ends, and closes its files one after the other
    with ports.LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    with ports.privileged(another):
        pass
    assert setting.read_text() == DEFAULT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a network namespace")
def test_the_kernel_refuses_the_ports_to_everybody_else(tmp_path):
    command = ["unshare", "--net", sys.executable, "-c", TRY_ALL, str(tmp_path / "lock")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode and "unshare" in done.stderr:
        pytest.skip("This machine gives no network namespace.")
    during, afterwards = done.stdout.splitlines()
    every = list(range(FIRST, FIRST + ports.COUNT + 1))
    assert during == f"{every[-1:]} {every[-1:]}"
    assert afterwards == f"{every} {every}"


@pytest.fixture
def ipv6():
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as one:
        try:
            one.bind(("::1", 0))
        except OSError:
            pytest.skip("This machine has no address ::1.")
        yield one


def test_nobody_can_listen_for_the_workshop_on_the_other_loopback_address(ipv6):
    workshop = Workshop(Path("/w"), ipv6.getsockname()[1] + 1)
    with ports.reserved(workshop), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("::1", workshop.port))
        assert other.connect_ex(("::1", workshop.port)) != 0


def test_a_port_that_somebody_holds_already_is_named(ipv6):
    taken = Workshop(Path("/w"), ipv6.getsockname()[1])
    with pytest.raises(WrongUseError, match=f"the port {taken.port} of the address ::1"):
        ports.reserved(taken).__enter__()
