"""Simulated runs of lab 08: a window in the middle, ranges over runs, and goodput by servers."""

import pytest

from harness.errors import WrongUseError
from harness.labs.load.simulated_runs import (
    busy_servers,
    goodput_by_servers,
    simulated_loads,
    ttft_range,
    window,
)
from harness.measure.load.goodput import Limits
from harness.measure.load.queueing import Service, Users, simulate, simulate_runs, waits_ms

SERVICE = [Service(100, 300), Service(120, 340)]
LIMITS = Limits(ttft_ms=500, e2e_ms=1000)


def test_littles_law_holds_in_the_middle_of_a_run():
    middle = window(simulate(SERVICE, 2.5, n=20_000), seed=8)
    assert middle.per_s == pytest.approx(2.5, rel=0.03)
    assert middle.inside == pytest.approx(middle.per_s * middle.latency_s, rel=0.05)
    assert middle == window(simulate(SERVICE, 2.5, n=20_000), seed=8)


def test_a_window_needs_requests_that_are_all_answered():
    for run in (simulate(SERVICE, 1, n=9), simulate(SERVICE, 9, n=50, users=Users(100))):
        with pytest.raises(WrongUseError, match="ten requests"):
            window(run)


def test_loads_are_shares_of_the_most():
    runs = simulated_loads(SERVICE, 3.0, (0.5, 1.0), n=6, runs=2)
    assert runs == {0.5: simulate_runs(SERVICE, 1.5, 6, 2), 1.0: simulate_runs(SERVICE, 3.0, 6, 2)}


def test_more_requests_make_a_percentile_more_certain():
    (low, high), (lower, higher) = (ttft_range(SERVICE, 2.0, n, 99, runs=20) for n in (1000, 30))
    assert lower < low < high
    assert high / low < higher / lower


def test_servers_are_tried_from_too_few_to_plenty():
    assert busy_servers(SERVICE, 10) == pytest.approx(3.2)
    queues = []

    def queue(starts_ms, service_ms, servers, patience_ms):
        queues.append(servers)
        return waits_ms(starts_ms, service_ms, servers, patience_ms)

    curves = goodput_by_servers(SERVICE, {60: 1.0, 600: 10.0}, LIMITS, (0.5, 1, 2, 4), 400, queue)
    assert {users: list(curve) for users, curve in curves.items()} == {
        60: [1, 2],
        600: [2, 4, 7, 13],
    }
    assert queues == [1, 2, 2, 4, 7, 13]
    assert curves[600][2] < curves[600][7] <= curves[600][13] == 1
