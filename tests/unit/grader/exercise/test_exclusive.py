"""Timed work is done by one process at a time, and none waits without end."""

import pytest

from grader.exercise.exclusive import BusyError, exclusive


def test_a_second_one_waits_within_a_limit_and_names_the_lock(tmp_path):
    lock = tmp_path / "timed.lock"
    with exclusive(lock), pytest.raises(BusyError, match=str(lock)), exclusive(lock, wait_s=0.0):
        pass
    with exclusive(lock, wait_s=0.0):
        pass


def test_who_shares_waits_for_nobody_who_shares_and_within_a_limit_for_the_others(tmp_path):
    lock = tmp_path / "cores.lock"
    shared = exclusive(lock, 0.0, shared=True), exclusive(lock, 0.0, shared=True)
    with shared[0], shared[1], pytest.raises(BusyError, match=str(lock)), exclusive(lock, 0.0):
        pass
    with exclusive(lock), pytest.raises(BusyError), exclusive(lock, 0.0, shared=True):
        pass


def test_nobody_else_may_write_the_file_and_a_link_is_not_followed(tmp_path):
    lock, target = tmp_path / "timed.lock", tmp_path / "target"
    with exclusive(lock):
        assert lock.stat().st_mode & 0o022 == 0
    (tmp_path / "link.lock").symlink_to(target)
    with pytest.raises(OSError), exclusive(tmp_path / "link.lock"):
        pass
    assert not target.exists()
