"""Calibration against simulated machines: constant plus slope times knob, with a little noise."""

import numpy as np
import pytest

from harness.kb.articles import chunks
from harness.measure.latency.trace import Trace
from harness.setup import calibrate
from harness.setup.calibrate import TARGETS_MS, Round, within_contract

# constant ms, ms per unit of the knob, as measured once on a 2-core machine
LAPTOP = {
    "network": (16, 4.0),
    "preprocess": (2, 20.0),
    "retrieve": (5, 0.0024),
    "generate": (750, 40.0),
    "postprocess": (12, 0.2),
}


def simulated(stages, speed=1.0, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)

    def measure(knobs):
        times = {}
        for stage, (constant, slope) in stages.items():
            knob = getattr(knobs, calibrate.KNOB_OF[stage])
            factor = 1.0 if stage == "network" else speed
            times[stage] = (constant + slope * knob) * factor * rng.normal(1, noise)
        return Round(knobs, times, sum(times.values()), 5, Trace(()))

    return measure


@pytest.mark.parametrize("speed", [0.3, 0.6, 1.0, 1.3])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_fast_and_slow_machines_end_up_within_the_contract(speed, noise):
    best = calibrate.calibrate(lambda one: None, simulated(LAPTOP, speed, noise))
    assert within_contract(best.stages_ms, best.e2e_ms)


def test_a_calibrated_machine_needs_few_rounds():
    rounds = []
    calibrate.calibrate(rounds.append, simulated(LAPTOP))
    assert len(rounds) <= 3


def test_a_machine_too_slow_keeps_sane_knobs_and_is_told_apart():
    best = calibrate.calibrate(lambda one: None, simulated(LAPTOP, speed=8))
    assert best.knobs.scanned >= len(chunks())  # never a search that skips articles
    assert best.knobs.max_tokens >= 32
    assert not within_contract(best.stages_ms, best.e2e_ms)


def test_the_contract_is_ten_percent_in_total_and_twenty_a_stage():
    exact = dict(TARGETS_MS)
    assert within_contract(exact, 3200)
    assert not within_contract(exact, 3600)
    assert not within_contract(exact | {"network": 130}, 3230)
