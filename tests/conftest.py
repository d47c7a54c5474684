"""What every test shares: nothing touches the user's folders unless it asks for the prepared models."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from harness import store

# Browser tests need what only `make e2e` installs.
collect_ignore = [] if find_spec("playwright") else ["browser"]


@pytest.fixture(autouse=True)
def private_home(request, tmp_path, monkeypatch):
    """A cache folder of its own for each test; tests marked `models` use the prepared one."""
    prepared = ("models", "perf")  # not `in request.keywords`: that holds the names of folders, too
    if not any(map(request.node.get_closest_marker, prepared)):
        monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture
def root() -> Path:
    """The folder of the repository."""
    return Path(__file__).resolve().parents[1]
