import pytest

from harness.kb.articles import chunks
from harness.knobs import Knobs
from harness.setup.stage_costs import (
    TARGETS_MS,
    Line,
    out_of_reach,
    predicted,
    solve,
    within_contract,
)
from tests.unit.setup.machines import LAPTOP


def test_the_contract_is_ten_percent_in_total_and_twenty_a_stage():
    exact = dict(TARGETS_MS)
    assert within_contract(exact, 3200)
    assert not within_contract(exact, 3600)
    assert not within_contract(exact | {"network": 130}, 3230)


def test_solved_knobs_meet_the_targets():
    for stage, ms in predicted(LAPTOP, solve(LAPTOP)).items():
        assert ms == pytest.approx(TARGETS_MS[stage], rel=0.03)


def test_a_machine_too_slow_keeps_the_least_work():
    knobs = solve({stage: line.scaled(8) for stage, line in LAPTOP.items()})
    assert knobs.scanned == len(chunks())  # never a search that skips articles
    assert knobs.max_tokens == 28 and knobs.comparisons >= 25


def test_a_constant_longer_than_the_target_gives_the_least_work():
    assert solve(LAPTOP | {"postprocess": Line(300, 0.2)}).comparisons == 25


def test_what_is_out_of_reach_is_named_with_its_knob():
    knobs = Knobs(rtt_ms=20, turns=5, scanned=60_000, max_tokens=32, comparisons=400)
    assert out_of_reach(TARGETS_MS, 3200, knobs) == ""
    sentence = out_of_reach(TARGETS_MS | {"generate": 4100.0}, 4800, knobs)
    assert "generate" in sentence and "4100" in sentence and "max_tokens=32" in sentence
    assert "3600" in out_of_reach(TARGETS_MS, 3600, knobs)
