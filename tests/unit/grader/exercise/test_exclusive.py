"""Timed work is done by one process at a time, and none waits without end."""

import fcntl
import os
from contextlib import contextmanager

import pytest

from grader.exercise import exclusive as locks
from grader.exercise.exclusive import BusyError, exclusive
from harness import store

NAME = "work.lock"


@pytest.fixture(autouse=True)
def shared(tmp_path, monkeypatch):
    """Return the folder of all users of an otherwise unused machine."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(locks, "SHARED", folder)
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))
    return folder


@contextmanager
def held(path):
    """Hold a lock as another program does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def test_a_second_one_waits_within_a_limit_and_names_the_lock():
    with exclusive(NAME), pytest.raises(BusyError, match=NAME), exclusive(NAME, wait_s=0.0):
        pass
    with exclusive(NAME, wait_s=0.0):
        pass


def test_who_shares_waits_for_nobody_who_shares_and_within_a_limit_for_the_others():
    both = exclusive(NAME, 0.0, shared=True), exclusive(NAME, 0.0, shared=True)
    with both[0], both[1], pytest.raises(BusyError), exclusive(NAME, 0.0):
        pass
    with exclusive(NAME), pytest.raises(BusyError), exclusive(NAME, 0.0, shared=True):
        pass


def test_users_of_one_machine_wait_for_each_other(tmp_path, monkeypatch):
    with exclusive(NAME):
        monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "another"))
        with pytest.raises(BusyError), exclusive(NAME, wait_s=0.0):
            pass


@pytest.mark.timeout(30)
def test_a_stranger_who_holds_the_lock_is_waited_for_once(shared, monkeypatch):
    monkeypatch.setattr(locks, "AGAIN_S", 0.0)
    with held(shared / NAME):
        with pytest.raises(BusyError, match=str(shared / NAME)), exclusive(NAME, wait_s=0.1):
            pass
        with pytest.raises(BusyError), exclusive(NAME, wait_s=3600.0):
            pass
    with exclusive(NAME, wait_s=0.0):
        pass


@pytest.mark.parametrize("kind", ["link", "unreadable"])
def test_a_file_that_a_stranger_has_made_unusable_keeps_nobody_from_working(
    shared, tmp_path, monkeypatch, kind
):
    if kind == "link":
        (shared / NAME).symlink_to(tmp_path / "target")
    else:  # root can read every file
        real = os.open

        def refused(path, *arguments):
            if path == shared / NAME:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *arguments)

        monkeypatch.setattr(locks.os, "open", refused)
    with exclusive(NAME), pytest.raises(BusyError, match="home"), exclusive(NAME, wait_s=0.0):
        pass
    assert not (tmp_path / "target").exists()


def test_nobody_else_may_enter_the_own_folder_or_write_the_shared_file(shared):
    with exclusive(NAME):
        assert locks.own_folder().stat().st_mode & 0o077 == 0
        assert (shared / NAME).stat().st_mode & 0o022 == 0
