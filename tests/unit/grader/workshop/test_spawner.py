"""What a learner's server is started with."""

from types import SimpleNamespace

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from grader.workshop.spawner import IsolatedSpawner


def test_a_terminal_has_a_shell_although_the_account_has_none(monkeypatch):
    monkeypatch.setattr(IsolatedSpawner, "__init__", lambda self: None)
    monkeypatch.setattr(
        "pwd.getpwnam", lambda name: SimpleNamespace(pw_dir="/home", pw_shell="/no")
    )
    spawner = IsolatedSpawner()
    spawner.user = SimpleNamespace(name="learner01")
    assert spawner.user_env({})["SHELL"] == "/bin/bash"
