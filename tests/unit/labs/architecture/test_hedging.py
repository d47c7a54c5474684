import pytest

from harness.errors import WrongUseError
from harness.labs.architecture.hedging import hedges

QUICK, SLOW = [100.0] * 90 + [2000.0] * 10, [100.0]


def test_a_second_request_after_the_usual_time_cuts_the_tail_for_a_tenth_of_the_work():
    [one] = hedges(QUICK, SLOW, [150.0])
    assert one.p50_ms == 100 and one.p99_ms == 250
    assert one.extra == pytest.approx(0.1, abs=0.02)


def test_at_once_everybody_asks_twice_and_never_is_never():
    at_once, never = hedges(QUICK, SLOW, [0.0, 1e9])
    assert at_once.extra == 1 and at_once.p99_ms == 100
    assert never.extra == 0 and never.p99_ms == 2000


def test_a_late_hedge_never_makes_it_slower_and_the_seed_decides():
    for one in hedges(QUICK, [5000.0], [50.0, 150.0]):
        assert one.p99_ms == 2000
    assert hedges(QUICK, SLOW, [150.0]) == hedges(QUICK, SLOW, [150.0])


def test_nothing_measured_is_nothing_to_draw():
    with pytest.raises(WrongUseError, match="measure both"):
        hedges([], [1.0], [0.0])
