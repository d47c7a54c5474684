"""What a learner's server is started with, and what is left of it afterwards."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from grader.workshop.spawner import IsolatedSpawner

PATIENCE_S = 10
# A program that leaves its child behind when it ends, as bubblewrap leaves a server of another user.
LEAVES = """
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", "print(flush=True); import signal; signal.pause()"])
signal.pause()
"""
# A process whose parent has put a key into the session keyring prints whether it finds it.
KEYS = """
import ctypes, subprocess, sys
import pyseccomp
from grader.workshop.spawner import IsolatedSpawner

def call(name, *arguments):
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    return ctypes.CDLL(None).syscall(number, *arguments)

SESSION, JOIN, SEARCH = -3, 1, 10
if len(sys.argv) > 1:
    print(call("keyctl", SEARCH, SESSION, b"user", b"of-the-parent", 0) > 0)
else:
    call("keyctl", JOIN, None)
    call("add_key", b"user", b"of-the-parent", b"x", 1, SESSION)
    for own in (None, IsolatedSpawner().make_preexec_fn("ada")):
        subprocess.run([sys.executable, __file__, "child"], preexec_fn=own, check=True)
"""
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="keyrings are Linux's")


@pytest.fixture
def spawner():
    """Return a person's spawner without a hub."""
    one = IsolatedSpawner()
    one.user = SimpleNamespace(name="learner01")
    return one


def test_a_terminal_has_a_shell_although_the_account_has_none(spawner, monkeypatch):
    monkeypatch.setattr(
        "pwd.getpwnam", lambda name: SimpleNamespace(pw_dir="/home", pw_shell="/no")
    )
    assert spawner.user_env({})["SHELL"] == "/bin/bash"


@pytest.mark.timeout(60)
def test_a_stopped_server_leaves_nothing_that_answers_in_the_next_ones_place(spawner):
    read, write = os.pipe()
    command = [sys.executable, "-c", LEAVES]
    spawner.proc = subprocess.Popen(command, stdout=write, start_new_session=True)
    os.close(write)
    spawner.pid = group = spawner.proc.pid
    try:
        assert os.read(read, 1) == b"\n"  # the child runs
        asyncio.run(spawner.stop(now=True))
        ended, *_ = select.select([read], [], [], PATIENCE_S)
        assert ended and os.read(read, 1) == b""
    finally:
        os.close(read)
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def test_a_process_of_an_earlier_hub_is_left_alone(spawner, monkeypatch):
    """Its number may be another's by now."""
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("killed"))
    spawner.load_state({"pid": 1})
    spawner.clear_state()
    assert spawner.pid == 0


@needs_linux
def test_a_server_does_not_have_the_keys_of_the_hubs_session(tmp_path):
    path = tmp_path / "keys.py"
    path.write_text(KEYS)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    hubs, servers = done.stdout.split()
    if hubs == "False":
        pytest.skip("this system lets no process have keys")
    assert servers == "False"
