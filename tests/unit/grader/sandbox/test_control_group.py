"""Control groups on a machine that is a folder: both versions, with and without delegated controllers."""

import errno
from pathlib import Path

import pytest

from grader.sandbox import control_group
from grader.sandbox.control_group import OVERHEAD, ControlGroup, new_group
from grader.sandbox.limits import Limits

V1 = "30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup memory rw,memory\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
LIMITS = Limits()
WRITTEN = {
    "memory.max": str(LIMITS.memory),
    "memory.swap.max": "0",
    "memory.oom.group": "1",
    "pids.max": str(LIMITS.threads + OVERHEAD),
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that makes the root of a machine, and lets the module look there."""

    def made(own, mounts, controllers=""):
        base = tmp_path / "sys/fs/cgroup/desk"
        base.mkdir(parents=True)
        (tmp_path / "proc/self").mkdir(parents=True)
        files = {"cgroup": own, "mountinfo": mounts}
        for name, text in files.items():
            (tmp_path / "proc/self" / name).write_text(text)
        (base / "cgroup.controllers").write_text(controllers)
        return base

    monkeypatch.setattr(control_group, "Path", lambda path: tmp_path / path.lstrip("/"))
    control_group._base.cache_clear()
    yield made
    control_group._base.cache_clear()


@pytest.mark.parametrize(
    ("own", "mounts"),
    [("4:memory:/desk\n", V1), ("4:memory:/desk\n0::/\n", V1), ("", "")],
)
def test_version_1_and_machines_without_control_groups_have_none(machine, own, mounts):
    base = machine(own, mounts)
    assert new_group(LIMITS) is None
    assert [path.name for path in base.iterdir()] == ["cgroup.controllers"]


@pytest.mark.parametrize(
    ("ready", "enabled"),
    [("cpu memory pids", "+memory +pids"), ("pids", "+pids"), ("cpu", "")],
)
def test_of_version_2_the_controllers_that_are_delegated_are_enabled(machine, ready, enabled):
    base = machine("0::/desk\n", V2, ready)
    # a folder is no group of the kernel's: without its files it is given up and removed
    assert new_group(LIMITS) is None
    assert (base / "cgroup.subtree_control").read_text() == enabled
    assert not [path for path in base.iterdir() if path.is_dir()]


@pytest.mark.parametrize("there", [(), ("pids.max",), ("memory.max", "pids.max"), tuple(WRITTEN)])
def test_only_limits_whose_controller_is_enabled_are_written(tmp_path: Path, there):
    for name in there:
        (tmp_path / name).write_text("max")
    ControlGroup(tmp_path).limit(LIMITS)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        name: WRITTEN[name] for name in there
    }


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENODEV])
def test_a_group_that_another_thread_removes_stands_still(tmp_path, monkeypatch, number):
    def removed(*_):
        raise OSError(number, "removed")

    monkeypatch.setattr(ControlGroup, "_until", removed)
    assert ControlGroup(tmp_path).freeze(1.0)


def test_an_error_of_the_kernel_while_freezing_is_not_hidden(tmp_path, monkeypatch):
    monkeypatch.setattr(ControlGroup, "_write", lambda *_: (_ for _ in ()).throw(PermissionError))
    with pytest.raises(PermissionError):
        ControlGroup(tmp_path).freeze(1.0)
