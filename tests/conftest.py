"""Shared fixtures. Only tests marked `models` or `perf` use the user's cache folder."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from grader import secret
from harness import store

# Browser tests need what only `make e2e` installs.
collect_ignore = [] if find_spec("playwright") else ["browser"]


@pytest.fixture(autouse=True)
def private_home(request, tmp_path, monkeypatch):
    """Give each test its own cache folder; tests marked `models` or `perf` use the prepared one."""
    prepared = ("models", "perf")  # `request.keywords` would also match the names of folders
    if not any(map(request.node.get_closest_marker, prepared)):
        monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def private_key(tmp_path, monkeypatch):
    """Give each test a secret of its own, from which the grader's questions follow."""
    monkeypatch.setattr(secret.key, "__defaults__", (tmp_path / "key",))
    monkeypatch.setattr(secret.seed, "__kwdefaults__", {"file": tmp_path / "key"})


@pytest.fixture
def root() -> Path:
    """Return the root folder of the repository."""
    return Path(__file__).resolve().parents[1]
