import threading

import pytest

from grader.checks import caching_single_flight
from grader.checks.caching_single_flight import CountingLock


def test_a_lock_that_nobody_gives_back_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(caching_single_flight, "LOCK_S", 0.01)
    lock, taken = CountingLock(), []
    assert lock.acquire()
    waiting = threading.Thread(target=lambda: taken.append(lock.acquire()))
    waiting.start()
    waiting.join(30)
    assert not waiting.is_alive() and taken == [False]


@pytest.mark.parametrize("how", [{}, {"timeout": 1}, {"blocking": False}])
def test_a_free_lock_is_taken(how):
    lock = CountingLock()
    assert lock.acquire(**how) and lock.locked()
    assert not lock.acquire(blocking=False)


@pytest.mark.parametrize("guarded", [True, False])
def test_callers_without_the_lock_all_find_that_nobody_has_begun(guarded):
    lock, missing = CountingLock(callers=3), []

    def look_up_and_add():
        missing.append("k" not in lock.flights)
        lock.flights["k"] = True

    def call():
        if guarded:
            with lock:
                look_up_and_add()
        else:
            look_up_and_add()

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert sorted(missing) == ([False, False, True] if guarded else [True] * 3)
    assert lock.seen() == 3
