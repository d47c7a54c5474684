import threading

import pytest

from grader.checks import caching_single_flight
from grader.checks.caching_single_flight import CountingLock


def test_a_lock_that_nobody_gives_back_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(caching_single_flight, "LOCK_S", 0.01)
    lock = CountingLock()
    assert lock.acquire()
    waiting = threading.Thread(target=lock.acquire)
    waiting.start()
    waiting.join(30)
    assert not waiting.is_alive() and lock.entered == 1


@pytest.mark.parametrize("how", [{}, {"timeout": 1}, {"blocking": False}])
def test_a_free_lock_is_taken_and_counted(how):
    lock = CountingLock()
    assert lock.acquire(**how) and lock.locked() and lock.entered == 1
    assert not lock.acquire(blocking=False)
