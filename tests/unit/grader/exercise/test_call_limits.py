"""Functions that loop, print without end or modify their arguments are reported, and the notebook goes on."""

import contextlib
import signal
import threading
import time

import numpy as np
import pytest

from grader.exercise import call_limits
from grader.exercise.call_limits import CallLimits, UncopiedGenerator
from grader.exercise.exercise import CheckFailed, Exercise

MINE = Exercise("05", 2, "mine")


@pytest.fixture(autouse=True)
def short_limit(monkeypatch):
    monkeypatch.setattr(call_limits, "TIMEOUT_S", 0.3)


def failure(function, *arguments, **options):
    with pytest.raises(CheckFailed) as caught:
        CallLimits(MINE).call(function, *arguments, **options)
    return str(caught.value)


def endless(x):
    while True:
        with contextlib.suppress(Exception):
            x[99]


def waiting(x):
    threading.Event().wait(60)


@pytest.mark.parametrize("function", [endless, waiting])
def test_a_function_that_does_not_end_is_named(function):
    assert "still running" in failure(function, [3])


def test_a_function_that_does_not_end_is_named_in_a_thread_without_signals():
    said = []
    thread = threading.Thread(target=lambda: said.append(failure(endless, [3])))
    thread.start()
    thread.join(5)
    assert "still running" in said[0]


def test_all_calls_of_a_check_share_one_time_limit():
    limits = CallLimits(MINE)
    with pytest.raises(CheckFailed, match="still running"):
        for _ in range(10):
            limits.call(lambda: time.sleep(0.1))


def test_an_outer_alarm_still_rings(monkeypatch):
    rung = []
    monkeypatch.setattr(call_limits, "TIMEOUT_S", 5.0)
    handler = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    outer = signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        CallLimits(MINE).call(lambda: time.sleep(0.15))
        time.sleep(0.1)
        assert rung == [True]
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *outer)


def test_megabytes_of_print_are_cut_off(capsys):
    def loud():
        while True:
            print("and on")

    assert "more than 20,000" in failure(loud)
    assert len(capsys.readouterr().out) <= call_limits.MOST_CHARS


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ([1, 2], lambda x: x.append(3)),
        ({"a": 1}, lambda x: x.clear()),
        (np.ones(3), lambda x: x.__isub__(1)),
        ([(1.0, "a")], lambda x: x.pop()),
    ],
)
def test_a_changed_input_is_named(given, change):
    assert "has changed" in failure(change, given)


def test_an_error_names_the_line_of_the_learner_also_inside_a_generator():
    def broken(x):
        yield 1
        yield x[99]

    assert "yield x[99]" in failure(broken, [3], then=list)
    with pytest.raises(CheckFailed, match=r"return x\[one\]"):

        def many(one, x):
            return x[one]

        CallLimits(MINE).each(many, [0, 5], [1, 2])


def test_results_come_back_and_a_generator_moves_on():
    assert CallLimits(MINE).each(lambda one, two: one + two, [1, 2], 10) == [11, 12]
    generator = UncopiedGenerator(np.random.PCG64(1))
    first, second = (CallLimits(MINE).call(lambda rng: rng.random(), generator) for _ in range(2))
    assert first != second
