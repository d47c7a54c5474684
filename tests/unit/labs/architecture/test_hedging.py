import pytest

from harness.errors import WrongUseError
from harness.labs.architecture.hedging import hedges

FIRST, SECOND = [100.0] * 90 + [2000.0] * 10, [100.0]


def test_a_second_request_after_the_usual_time_shortens_the_tail_for_a_tenth_more_requests():
    [hedge] = hedges(FIRST, SECOND, [150.0])
    assert hedge.p50_ms == 100 and hedge.p99_ms == 250
    assert hedge.extra == pytest.approx(0.1, abs=0.02)


def test_a_delay_of_zero_doubles_every_request_and_an_endless_one_none():
    at_once, never = hedges(FIRST, SECOND, [0.0, 1e9])
    assert at_once.extra == 1 and at_once.p99_ms == 100
    assert never.extra == 0 and never.p99_ms == 2000


def test_a_late_hedge_is_never_slower_and_a_seed_gives_the_same_result():
    for hedge in hedges(FIRST, [5000.0], [50.0, 150.0]):
        assert hedge.p99_ms == 2000
    assert hedges(FIRST, SECOND, [150.0]) == hedges(FIRST, SECOND, [150.0])


def test_no_samples_is_an_error():
    with pytest.raises(WrongUseError, match="measure"):
        hedges([], [1.0], [0.0])
