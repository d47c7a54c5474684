"""What makes the next start look at everything again."""

import os

import pytest

from harness import store
from harness.setup import stamp


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A prepared home with one built file, and a project of one file."""
    home, project = tmp_path / "home", tmp_path / "project"
    monkeypatch.setenv(store.HOME_VARIABLE, str(home))
    monkeypatch.setattr(stamp, "PROJECT", project)
    project.mkdir()
    (project / "code.py").write_text("1")
    with store.atomic_write(home / "models/weights") as part:
        part.write_text("weights")
    stamp.write()
    return tmp_path


def test_without_a_stamp_everything_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path))
    assert not stamp.unchanged()


def test_a_prepared_machine_is_unchanged_and_new_results_do_not_matter(prepared):
    (prepared / "home/result.json").write_text("{}")
    assert stamp.unchanged()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "home/models/weights").unlink(),
        lambda folder: (folder / "home/models/weights").write_text("w3ights"),
        lambda folder: (folder / "project/code.py").write_text("2"),
        lambda folder: (folder / "project/new.py").touch(),
        lambda folder: (folder / "home" / stamp.FILE).write_text("{}"),
    ],
    ids=[
        "a file is gone",
        "a file was written",
        "code changed",
        "code is new",
        "a stamp was edited",
    ],
)
def test_any_change_is_looked_at(prepared, change):
    change(prepared)
    assert not stamp.unchanged()


def test_another_machine_and_new_packages_are_looked_at(prepared, monkeypatch):
    packages = prepared / "packages"
    packages.mkdir()
    monkeypatch.setattr(stamp, "PACKAGES", packages)
    stamp.write()
    assert stamp.unchanged()
    os.utime(packages, (0, 0))
    assert not stamp.unchanged()
    stamp.write()
    monkeypatch.setattr("platform.uname", lambda: ("another",))
    assert not stamp.unchanged()
