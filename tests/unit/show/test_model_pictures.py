"""The pictures of labs 03 and 04: the finding in the title, computed, and all of it in words."""

import pytest

from harness.labs.quantization.formats_picture import formats, own_share
from harness.labs.quantization.gate_picture import gate
from harness.labs.quantization.phases import Phases
from harness.labs.quantization.phases_picture import phase_speeds
from harness.labs.quantization.roofline_picture import Step, roofline
from harness.labs.quantization.rounding_picture import rounding
from harness.labs.quantization.threads_picture import threads
from harness.labs.smaller_models.learning_picture import TuningStage, learning
from harness.measure.model_files.quality_gate import Candidate
from harness.measure.stats import Proportion
from harness.show.pareto import Point, pareto
from tests.unit.show.figures import in_order, title

SMALL = Point("small", 120.0, Proportion(24, 30))
LARGE = Point("large", 300.0, Proportion(27, 30))
SLOW = Point("slow", 500.0, Proportion(20, 30))
MB = 1_000_000


def steady(prefill_ms, step_ms):
    return Phases((prefill_ms,) * 6, (step_ms,) * 6)


def test_pareto_names_both_ends_of_the_frontier_and_what_is_beaten():
    figure = pareto([LARGE, SMALL, SLOW], ["small", "large"], {"small": (100.0, 0.95)})
    assert in_order(title(figure), "small", "120 ms", "24 of 30", "large", "300 ms", "27 of 30")
    assert "slow: 500 ms end-to-end p50, right 67 % (20 of 30" in repr(figure)
    assert repr(figure).count("beaten") == 1
    assert "guessed small: 100 ms, 95%" in repr(figure)


def test_pareto_of_one_of_none_and_of_an_empty_frontier():
    assert in_order(title(pareto([LARGE], {"large"})), "large", "300 ms", "27 of 30", "no other")
    assert "Nothing" in title(pareto([LARGE], set()))
    with pytest.raises(ValueError, match="at least 1"):
        pareto([], set())


def test_learning_compares_the_short_way_with_the_long_one():
    stages = [
        TuningStage("pruned", 0, 10.0),
        TuningStage("mine", 50, 4.0),
        TuningStage("full", 1000, 2.0),
    ]
    figure = learning(stages, TuningStage("large", 0, 1.5), n=12)
    assert in_order(title(figure), "50 lessons", "75 %", "1,000")
    assert "mine: 50 lessons, 4.00 nats a token" in repr(figure)
    assert in_order(title(learning(stages[:2], stages[2], n=12)), "10.00", "4.00")


def test_rounding_shows_your_curve_and_the_files():
    curve = [(4.5, 0.1), (8.5, 0.006)]
    figure = rounding({"blocks of 32": curve}, {"Q4_0": (4.5, 0.09)})
    assert in_order(title(figure), "Blocks of 32", "10.0 %", "4.5 bits", "0.6 %", "8.5")
    assert "file Q4_0: 4.5 bits, 9.00%" in repr(figure)
    with pytest.raises(ValueError, match="1 to 2"):
        rounding({}, {})


def test_formats_name_the_file_that_is_least_what_it_says():
    mixed = {"Q5_0": 50 * MB, "Q8_0": 40 * MB, "Q4_K": 10 * MB}
    figure = formats({"Q8_0": {"Q8_0": 140 * MB}, "Q4_K_M": mixed})
    assert in_order(title(figure), "Q4_K_M", "Q4_K", "10 %")
    assert own_share("Q8_0", {"Q8_0": 3, "F32": 1}) == 0.75
    assert "Q4_K_M: Q5_0 50%, Q8_0 40%, Q4_K 10%" in repr(figure)


def test_prefill_and_decode_may_have_different_winners():
    measured = {"F32": steady(300, 20), "Q8_0": steady(150, 10), "Q4_0": steady(200, 5)}
    figure = phase_speeds(measured)
    assert in_order(title(figure), "prefill", "Q8_0", "2.0 times", "decode", "Q4_0", "4.0 times")
    assert "Q4_0: 200 ms prefill, 5.0 ms a token (p50)" in repr(figure)
    with pytest.raises(ValueError, match="at least 2"):
        phase_speeds({"F32": steady(1, 1)})


@pytest.mark.parametrize(
    ("measured", "finding"),
    [
        ((22.0, 11.0), ("F32 waits", "Q8_0", "50 %", "computes")),
        ((22.0, 6.0), ("Every file waits",)),
        ((60.0, 11.0), ("None waits",)),
    ],
)
def test_the_roofline_names_the_files_that_wait_for_memory(measured, finding):
    steps = [Step("F32", 21.0, measured[0]), Step("Q8_0", 5.5, measured[1])]
    assert in_order(title(roofline(steps, 25.0)), *finding)


def test_the_gate_ships_the_fastest_that_passes_and_says_what_is_refused():
    full = Candidate("F32", 600.0, 0.0, 0.0)
    good, wrong = Candidate("Q8_0", 400.0, 0.004, -0.07), Candidate("Q4_0", 300.0, 0.3, -0.3)
    assert in_order(title(gate([full, good, wrong])), "Ship Q8_0", "400 ms", "Q4_0", "refused")
    assert in_order(title(gate([full, good])), "Ship Q8_0", "nothing that was refused")
    assert "Ship F32" in title(gate([full, wrong]))
    broken = Candidate("Q2_K", 200.0, float("nan"), -0.9)
    assert in_order(title(gate([full, good, broken])), "Ship Q8_0", "Q2_K", "refused")


def test_threads_name_the_best_number_in_each_surrounding():
    alone = {1: steady(500, 9), 2: steady(270, 7)}
    beside = {1: steady(520, 10), 2: steady(1300, 43)}
    figure = threads({"alone": alone, "beside a busy program": beside})
    assert in_order(title(figure), "alone 2", "beside a busy program 1")
    assert "beside a busy program, 2 threads: 1,300 ms prefill, 43 ms a token" in repr(figure)
