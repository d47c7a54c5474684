"""A second start in a folder where a class runs is refused before it ends or changes anything."""

import subprocess
import sys

import pytest

from grader.workshop import accounts, one_class, ports, start
from grader.workshop.paths import Workshop
from harness.errors import WrongUseError


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path / "workshop", 18000)
    made.hub.mkdir(parents=True)
    return made


@pytest.fixture
def touched(monkeypatch):
    """Return a list of what a start has done."""
    done = []
    monkeypatch.setattr(accounts, "require_root", lambda: None)
    monkeypatch.setattr(accounts, "kill_processes", lambda *_: done.append("killed"))
    monkeypatch.setattr(accounts, "create", lambda *_, **__: done.append("created"))
    monkeypatch.setattr(ports, "privileged", lambda _: done.append("ports"))
    monkeypatch.setattr(start, "allow_files", lambda: None)
    return done


@pytest.mark.parametrize("begin", [start.run_hub, lambda workshop: start.prepare_hub(workshop, 1)])
def test_a_second_start_touches_nothing(workshop, touched, begin):
    with one_class.alone(workshop), pytest.raises(WrongUseError, match="A class runs"):
        begin(workshop)
    assert not touched
    assert [path.name for path in workshop.root.iterdir()] == ["hub"]


def test_a_class_that_was_killed_keeps_nobody_from_starting(workshop):
    script = "import os, sys; from grader.workshop import one_class; from pathlib import Path\n"
    script += "from grader.workshop.paths import Workshop\n"
    script += "one_class.alone(Workshop(Path(sys.argv[1]))).__enter__(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, workshop.root])
    one_class.require_stopped(workshop)


def test_a_hub_whose_start_was_killed_still_counts(workshop):
    with one_class.alone(workshop) as lock:
        hub = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock])
    with pytest.raises(WrongUseError):
        one_class.require_stopped(workshop)
    hub.communicate()
    one_class.require_stopped(workshop)


def test_before_the_first_start_there_is_nothing_to_lock(tmp_path):
    one_class.require_stopped(Workshop(tmp_path / "new"))
