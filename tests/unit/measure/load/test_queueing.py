import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import WrongUseError
from harness.measure.latency.faults import Fault
from harness.measure.load.goodput import Limits
from harness.measure.load.queueing import Service, Users, simulate, simulate_runs, waits_ms

TIMES = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0.1, 1e3)), max_size=30)
SERVICE = [Service(100, 300)]


def test_one_server_is_lindleys_recursion():
    assert waits_ms([0, 10, 20, 500], [100, 50, 10, 5]) == [0, 90, 130, 0]


def test_two_servers_take_turns():
    assert waits_ms([0, 0, 0, 0], [100, 30, 10, 10], servers=2) == [0, 0, 30, 40]


@given(TIMES, st.integers(1, 4))
def test_more_servers_never_make_a_request_wait_longer(times, servers):
    starts, service = sorted(start for start, _ in times), [takes for _, takes in times]
    few, more = (waits_ms(starts, service, n) for n in (servers, servers + 1))
    assert all(wait >= 0 for wait in few)
    assert all(b <= a + 1e-6 for a, b in zip(few, more, strict=True))


def test_a_cancelled_request_takes_no_server_time():
    starts, service = [0, 1, 2], [100, 100, 100]
    assert waits_ms(starts, service, patience_ms=50) == [0, 99, 98]  # only the first is served
    assert waits_ms(starts, service, patience_ms=99) == [0, 99, 198]
    assert waits_ms(starts, service) == [0, 99, 198]


def test_the_mean_wait_is_that_of_pollaczek_and_khinchine():
    """M/D/1 at load r: mean wait = service r / (2 (1 - r)); F. Pollaczek (1930), A. Khinchine (1932)."""
    run = simulate([Service(10, 100)], per_s=6, n=60_000, seed=4)
    waited = sum(one.waited_ms for one in run.requests) / len(run.requests)
    assert waited == pytest.approx(100 * 0.6 / (2 * 0.4), rel=0.05)


def test_a_simulation_says_what_it_is():
    run = simulate(SERVICE, per_s=1, n=100, seed=2)
    assert run.load.startswith("SIM")
    assert {one.outcome.e2e_ms for one in run.requests} == {300}
    assert all(one.ttft_ms == pytest.approx(one.waited_ms + 100) for one in run.requests)
    assert run == simulate(SERVICE, per_s=1, n=100, seed=2)
    assert run != simulate(SERVICE, per_s=1, n=100, seed=3)


def test_an_abandoned_request_is_a_fault_and_cancelling_it_serves_others():
    shares = {}
    for noticed in (True, False):
        run = simulate(SERVICE, 5, n=2000, users=Users(400, noticed))
        assert any(isinstance(one.outcome, Fault) for one in run.requests)
        shares[noticed] = run.goodput(Limits(600, math.inf)).share.rate
    assert shares[True] > 2 * shares[False]


def test_another_queue_computes_the_waits_of_a_simulation():
    asked = []

    def queue(starts_ms, service_ms, servers, patience_ms):
        asked.append((len(starts_ms), set(service_ms), servers, patience_ms))
        return [7.0] * len(starts_ms)

    for noticed in (True, False):
        run = simulate(SERVICE, 5, n=20, servers=3, users=Users(400, noticed), queue=queue)
        assert run.waited_ms.max == 7.0
    assert asked == [(20, {300}, 3, 400), (20, {300}, 3, math.inf)]


def test_short_runs_together_have_seen_less_than_a_long_one():
    short, long = simulate_runs(SERVICE, 4, 20, runs=50), simulate(SERVICE, 4, 1000)
    assert len(short.requests) == len(long.requests) == 1000
    assert short.load.endswith("50 runs of 20")
    assert short.waited_ms.p50 < long.waited_ms.p50


def test_wrong_use_is_an_error():
    with pytest.raises(WrongUseError, match="server"):
        waits_ms([1], [1], servers=0)
    with pytest.raises(WrongUseError, match="for each start"):
        waits_ms([1], [1, 2])
    with pytest.raises(WrongUseError, match="measure some requests"):
        simulate([], 1, 1)
