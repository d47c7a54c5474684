"""Formulas for queues: known values, and limits that must hold."""

import math

import pytest

from harness.interview.scenario import waiting_times


@pytest.mark.parametrize(
    ("servers", "load", "waits"),
    [(1, 0.8, 4.0), (2, 0.8, 0.1905), (1, 0.0, 0.0), (2, 2.0, math.inf)],
)
def test_the_wait_is_that_of_an_erlang_c_queue(servers, load, waits):
    assert waiting_times.wait(servers, load) == pytest.approx(waits, abs=1e-4)


def test_a_single_server_is_idle_for_the_rest_of_the_time():
    assert waiting_times.idle(1, 0.8) == pytest.approx(0.2)
    assert waiting_times.idle(64, 2.0) == pytest.approx(math.exp(-2))  # hardly anybody waits
    assert waiting_times.idle(2, 3.0) == 0


def test_retries_settle_where_attempts_and_utilisation_agree():
    sent = waiting_times.attempts(0.8, 620, 2000, 2)
    assert 1 < sent < 3
    assert waiting_times.settled(0.2, 620, 2000, 2) == pytest.approx(
        0.2 * waiting_times.attempts(waiting_times.settled(0.2, 620, 2000, 2), 620, 2000, 2)
    )


def test_few_are_over_a_limit_that_is_far_away():
    assert waiting_times.share_over(2, 2.5) == pytest.approx(0.19, abs=0.01)
    assert waiting_times.share_over(2, 20) < 1e-9
    assert waiting_times.share_over(2, 0) == pytest.approx(1)
