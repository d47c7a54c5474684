"""The cost of a step, and long prompts among short ones."""

import pytest

from harness.labs.load.step_workload import LONG, SHORT, StepCost, long_among_short

COST = StepCost({1: 10.0, 2: 12.0, 8: 24.0}, read_ms=0.5)


def test_a_step_costs_what_both_phases_cost():
    assert COST(0, 0) == 0
    assert COST(1, 0) == 10 and COST(8, 0) == 24
    assert COST(5, 0) == pytest.approx(18)  # between the sizes measured
    assert COST(2, 100) == 12 + 50
    assert COST.shared_ms == 3


def test_long_prompts_are_one_in_five_and_the_load_is_that_wanted():
    requests = long_among_short(COST, n=4000, load=0.7, seed=1)
    assert {one.prompt for one in requests} == {SHORT, LONG}
    assert sum(one.prompt == LONG for one in requests) / 4000 == pytest.approx(0.2, rel=0.1)
    assert {one.answer for one in requests} == set(range(10, 60))
    work_ms = sum(one.prompt * COST.read_ms + one.answer * COST.shared_ms for one in requests)
    assert work_ms / requests[-1].arrives_ms == pytest.approx(0.7, rel=0.05)
    assert requests == long_among_short(COST, n=4000, load=0.7, seed=1)
    assert requests != long_among_short(COST, n=4000, load=0.7, seed=2)
