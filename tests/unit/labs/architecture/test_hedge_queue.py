import pytest

from harness.errors import WrongUseError
from harness.labs.architecture.hedge_queue import hedged_queue

EVEN = [300.0, 320.0, 310.0, 350.0, 290.0, 900.0]
RARELY_SLOW = [100.0] * 18 + [1500.0] * 2


def never(credit, late):
    return False, credit


def if_late(credit, late):
    return late, credit


def budget(credit, late):
    credit = min(credit + 1, 100)
    return (True, credit - 10) if late and credit >= 10 else (False, credit)


def run(times, load, rule):
    per_s = load * 2 / (sum(times) / len(times)) * 1e3
    return hedged_queue(times, per_s, 3000, 2 * min(times), rule)


def test_a_hedge_shortens_the_tail_of_servers_that_are_rarely_slow():
    assert run(RARELY_SLOW, 0.3, if_late).e2e_ms.p99 < run(RARELY_SLOW, 0.3, never).e2e_ms.p99
    assert run(RARELY_SLOW, 0.3, never).extra == 0


def test_without_a_budget_busy_servers_do_the_work_twice_and_with_one_the_tail_is_shorter():
    plain, unlimited, limited = (run(EVEN, 0.9, rule) for rule in (never, if_late, budget))
    assert unlimited.extra > 0.8 and unlimited.e2e_ms.p50 > 3 * plain.e2e_ms.p50
    assert 0.08 < limited.extra <= 0.1
    assert limited.e2e_ms.p99 < plain.e2e_ms.p99


def test_alone_a_request_takes_its_service_time_and_the_slower_one_is_cancelled():
    assert hedged_queue([50.0], 0.001, 5, 10.0, never).e2e_ms.p50 == pytest.approx(50.0, abs=1e-3)
    hedged = hedged_queue([50.0], 0.001, 5, 10.0, if_late)
    assert hedged.extra == 1 and hedged.e2e_ms.max == pytest.approx(50.0, abs=1e-3)
    with pytest.raises(WrongUseError, match="measure"):
        hedged_queue([], 1.0, 5, 10.0, never)
