"""The pictures of the load and the architecture lab: the finding in the title, all of it in words."""

import pytest

from harness.labs.load.batching import BatchRun, Served
from harness.measure.load.goodput import Limits
from harness.measure.load.queueing import Service, repeated, simulated
from harness.labs.architecture.routing_policies import Gain, Policy
from harness.measure.latency.stats import Interval, Proportion
from harness.labs.load.batch_cost_picture import batch_cost
from harness.show.factors import Factor, factors
from harness.labs.load.servers_picture import fleet, needed
from harness.labs.load.knee_picture import knee
from harness.labs.architecture.policies_picture import policies
from harness.labs.load.slots_picture import slots
from harness.labs.architecture.tail_picture import tail

SERVICE = [Service(100, 300), Service(120, 340)]
LIMITS = Limits(ttft_ms=500, e2e_ms=1000)


def title(figure):
    return figure.texts[0].get_text().replace("\n", " ")


def words(figure):
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def test_the_knee_shows_measured_and_simulated_apart():
    runs = {rate: simulated(SERVICE, rate, 40, seed=1) for rate in (0.5, 4.0)}
    curve = {rate: repeated(SERVICE, rate, 40, runs=4) for rate in (0.5, 2.0, 4.0)}
    figure = knee(runs, curve, most_per_s=3.1, limits=LIMITS)
    assert title(figure).startswith("Good enough: 100 % of the requests at 16 % load, ")
    assert {"p50, SIM", "p90, SIM", "limit 500 ms"} <= words(figure)
    assert "load 16 %: TTFT p50" in repr(figure)
    with pytest.raises(ValueError, match="at least one rate"):
        knee({}, curve, 3.1, LIMITS)


def served(number, slot, *times):
    return Served(number, slot, *times, tokens=(1, 2, 3))


def test_slots_name_the_fastest_and_the_slowest_schedule():
    one = BatchRun((served(0, 0, 0, 10, 100, 100), served(1, 1, 0, 20, 900, 900)))
    two = BatchRun((served(0, 0, 0, 10, 100, 1900), served(1, 1, 0, 20, 1900, 1900)))
    figure = slots({"static": two, "continuous": one})
    assert title(figure) == "The same requests: 900 ms (continuous) instead of 1.9 s (static)"
    assert "static: 2 requests in 1,900 ms, 3 tokens/s" in repr(figure)
    assert title(slots({"static": two})) == "static: 2 requests in 1.9 s"
    with pytest.raises(ValueError, match="at least one"):
        slots({})


def test_a_batch_gives_to_all_and_takes_from_each():
    figure = batch_cost({1: 10.0, 2: 12.0, 8: 40.0})
    assert title(figure) == "8 texts at once: 2.0 times the tokens together, each 4.0 times as slow"
    assert "n = 2: 167 tokens/s, 12 ms a step" in repr(figure)
    for wrong in ({1: 10.0}, {2: 1.0, 4: 2.0}):
        with pytest.raises(ValueError, match="with 1 text"):
            batch_cost(wrong)


def test_a_fleet_needs_less_reserve_than_a_single_server():
    curves = {100: {1: 0.5, 2: 0.9, 3: 0.99}, 10_000: {51: 0.4, 60: 0.97}}
    figure = fleet(curves, {100: 0.5, 10_000: 50.0}, wanted=0.95)
    assert title(figure) == (
        "Servers for 95 % goodput (SIM): 100 users need 3 (6.0 times the work); "
        "10,000 users need 60 (1.2 times the work)"
    )
    assert needed({1: 0.99, 2: 0.5}, 0.95) is None
    assert "100 users need more than tried" in title(fleet({100: {1: 0.1}}, {100: 0.5}, 0.95))
    with pytest.raises(ValueError, match="1 to 4 numbers"):
        fleet({}, {}, 0.95)


def test_factors_name_the_guess_that_was_furthest_off():
    rows = [Factor("near", 2.0, 2.2, Interval(2.0, 2.4)), Factor("far", 4.0, 0.8)]
    figure = factors(rows, "measured")
    assert title(figure) == "Furthest off: far, by a factor of 5.0"
    assert "near: guessed 2, measured 2.20 (2 to 2.4)" in repr(figure)
    assert title(factors(rows[:1], "")) == "Every guess within a quarter of what was measured"
    with pytest.raises(ValueError, match="at least one"):
        factors([], "")


def point(name, to_small, ms, right):
    return Policy(name, to_small, ms, Proportion(right, 40))


def test_policies_say_whether_routing_pays():
    alone = [point("always small", 1, 200, 28), point("always large", 0, 700, 36)]
    yours = point("your router", 0.6, 450, 36)
    found = Gain("always large", 220.0, Interval(40.0, 400.0))
    figure = policies([*alone, point("oracle", 0.7, 350, 37), yours], [yours, *alone], 3000, found)
    assert title(figure) == (
        "your router: saves 220 ms a question (95 % interval 40 to 400) over always large"
    )
    assert "oracle: 70 % to the small one, mean 350 ms" in repr(figure)
    with pytest.raises(ValueError, match="1 to 4 policies"):
        policies([], [], 3000, found)


def test_a_tail_compares_the_slow_ends_under_the_names_they_deserve():
    figure = tail({"alone": [100.0] * 19 + [2000.0], "hedged": [100.0] * 19 + [400.0]}, "measured")
    assert title(figure) == (
        "hedged, max of 20: 400 ms instead of 2,000 ms; p50 100 ms instead of 100 ms"
    )
    assert "alone: p50 100 ms, max of 20 2,000 ms, n = 20" in repr(figure)
    assert title(tail({"alone": [1.0] * 9}, "")) == "alone: p50 1.0 ms, max of 9: 1.0 ms"
    with pytest.raises(ValueError, match="1 to 3 rows"):
        tail({}, "")
