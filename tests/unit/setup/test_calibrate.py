"""Calibration of simulated machines: the costs measured beforehand, and what requests then take."""

import pytest

from harness.measure.latency.yardstick import SHARE
from harness.setup import calibrate
from harness.setup.stage_costs import within_contract
from tests.unit.setup.machines import COSTS, Machine, every, scaled


def ignore(line):
    pass


@pytest.mark.parametrize("speed", [0.25, 0.6, 1.0, 1.2])
@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("wrong", [{}, {"generate": 0.8, "retrieve": 1.4}, {"yardstick": 0.9}])
def test_fast_and_slow_machines_end_up_within_the_contract(speed, noise, wrong):
    machine = Machine(scaled(COSTS, **every(speed)), noise)
    fit = calibrate.calibrate(scaled(machine.costs, **wrong), machine.measure, ignore)
    stages, total, ratio = machine.truth(fit)
    assert within_contract(stages, total)
    assert ratio == pytest.approx(SHARE, rel=0.05 if noise else 0.015)
    assert fit.n in (7, 9) and fit.estimated == ""


def test_right_costs_need_two_rounds():
    lines = []
    machine = Machine(COSTS)
    calibrate.calibrate(COSTS, machine.measure, lines.append)
    assert len(machine.rounds) == len(lines) == 2


def test_after_two_noisy_rounds_all_pairs_decide():
    machine = Machine(COSTS, noise=0.1)
    fit = calibrate.calibrate(scaled(COSTS, generate=0.5), machine.measure, ignore)
    assert len(machine.rounds) == 2
    assert fit.n == 9 and fit.typical is not None
    assert (fit.knobs, fit.work) not in machine.rounds


def test_disturbed_from_the_start_it_ends_with_the_unit_costs():
    machine = Machine(COSTS, disturbed=1)
    fit = calibrate.calibrate(COSTS, machine.measure, ignore)
    assert (fit.n, fit.typical, fit.estimated) == (0, None, "1.0 of 2 cores")
    stages, total, ratio = machine.truth(fit)
    assert within_contract(stages, total)
    assert ratio == pytest.approx(SHARE, rel=0.01)
    assert fit.e2e_ms == pytest.approx(total)


def test_disturbed_later_it_keeps_what_it_learned():
    machine = Machine(COSTS, disturbed=2)
    fit = calibrate.calibrate(scaled(COSTS, generate=0.8, yardstick=0.8), machine.measure, ignore)
    stages, total, ratio = machine.truth(fit)
    assert fit.estimated and within_contract(stages, total)
    assert ratio == pytest.approx(SHARE, rel=0.015)


def test_one_outlier_in_a_round_moves_nothing():
    machine = Machine(COSTS)
    inner = machine.measure

    def measure(knobs, work, n):
        seen = inner(knobs, work, n)
        first = seen.pairs[0]
        slow = {stage: 3 * ms for stage, ms in first.stages_ms.items()}
        odd = type(first)(3 * first.baseline_ms, first.yardstick_ms, slow, first.trace)
        return type(seen)((odd, *seen.pairs[1:]))

    fit = calibrate.calibrate(COSTS, measure, ignore)
    assert machine.truth(fit)[2] == pytest.approx(SHARE, rel=0.01)


def test_a_stage_at_its_bound_does_not_move_the_others():
    machine = Machine(scaled(COSTS, generate=4))
    fit = calibrate.calibrate(machine.costs, machine.measure, ignore)
    assert fit.knobs.max_tokens == 28
    stages, total, ratio = machine.truth(fit)
    assert not within_contract(stages, total)
    assert within_contract(stages | {"generate": 2500}, 3200)
    assert ratio == pytest.approx(SHARE, rel=0.02)  # the yardstick follows the baseline
