"""The pictures of lab 08: each title states the finding, each description states the numbers."""

import pytest

from harness.labs.load.batch_cost_picture import batch_cost
from harness.labs.load.batching import BatchRun, Served
from harness.labs.load.knee_picture import knee
from harness.labs.load.servers_picture import fleet, needed
from harness.labs.load.slots_picture import slots
from harness.measure.load.goodput import Limits
from harness.measure.load.queueing import Service, simulate, simulate_runs
from harness.measure.stats import Interval
from harness.show.factors import Factor, factors
from tests.unit.show.figures import in_order, title, words

SERVICE = [Service(100, 300), Service(120, 340)]
LIMITS = Limits(ttft_ms=500, e2e_ms=1000)


def test_the_knee_shows_measured_and_simulated_apart():
    runs = {load: simulate(SERVICE, 3.1 * load, 40, seed=1) for load in (0.16, 1.29)}
    curve = {load: simulate_runs(SERVICE, 3.1 * load, 40, runs=4) for load in (0.16, 0.6, 1.29)}
    figure = knee(runs, curve, limits=LIMITS)
    assert in_order(title(figure), "100 %", "16 % load", "129 %")
    assert {"p50, SIM", "p90, SIM", "limit 500 ms"} <= words(figure)
    assert "load 16 %: TTFT p50" in repr(figure)
    with pytest.raises(ValueError, match="rates measured"):
        knee({}, curve, LIMITS)
    with pytest.raises(ValueError, match="rates simulated"):
        knee(runs, {}, LIMITS)


def served(number, slot, *times):
    return Served(number, slot, *times, tokens=(1, 2, 3))


def test_slots_name_the_fastest_and_the_slowest_schedule():
    continuous = BatchRun((served(0, 0, 0, 10, 100, 100), served(1, 1, 0, 20, 900, 900)))
    static = BatchRun((served(0, 0, 0, 10, 100, 1900), served(1, 1, 0, 20, 1900, 1900)))
    figure = slots({"static": static, "continuous": continuous})
    assert in_order(title(figure), "900 ms", "continuous", "1.9 s", "static")
    assert "static: 2 requests in 1,900 ms, 3 tokens/s" in repr(figure)
    assert in_order(title(slots({"static": static})), "static", "2 requests", "1.9 s")
    with pytest.raises(ValueError, match="at least 1"):
        slots({})


def test_a_batch_raises_throughput_and_slows_each_text():
    figure = batch_cost({1: 10.0, 2: 12.0, 8: 40.0})
    assert in_order(title(figure), "8 texts", "2.0 times", "4.0 times as slow")
    assert "n = 2: 167 tokens/s, 12 ms a step" in repr(figure)
    for wrong in ({1: 10.0}, {2: 1.0, 4: 2.0}):
        with pytest.raises(ValueError, match="1 text"):
            batch_cost(wrong)


def test_a_fleet_needs_less_reserve_than_a_single_server():
    curves = {100: {1: 0.5, 2: 0.9, 3: 0.99}, 10_000: {51: 0.4, 60: 0.97}}
    figure = fleet(curves, {100: 0.5, 10_000: 50.0}, wanted=0.95)
    expected = ("95 %", "SIM", "100 users need 3", "6.0 times", "10,000 users need 60", "1.2 times")
    assert in_order(title(figure), *expected)
    assert needed({1: 0.99, 2: 0.5}, 0.95) is None
    assert "100 users need more than tried" in title(fleet({100: {1: 0.1}}, {100: 0.5}, 0.95))
    with pytest.raises(ValueError, match="1 to 4"):
        fleet({}, {}, 0.95)


def test_factors_name_the_guess_that_was_furthest_off():
    rows = [Factor("near", 2.0, 2.2, Interval(2.0, 2.4)), Factor("far", 4.0, 0.8)]
    figure = factors(rows, "measured")
    assert in_order(title(figure), "far", "5.0")
    assert "near: guessed 2, measured 2.20 (2 to 2.4)" in repr(figure)
    assert "Every guess" in title(factors(rows[:1], ""))
    with pytest.raises(ValueError, match="at least 1"):
        factors([], "")
