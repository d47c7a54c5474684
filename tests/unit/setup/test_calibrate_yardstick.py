import pytest

from harness.knobs import YardstickWork
from harness.setup.calibrate_yardstick import Costs, measured_per_predicted

COSTS = Costs(prompt_ms=120.0, token_ms=25.0, row_ms=0.005)


def took_ms(work):
    computed = COSTS.prompt_ms + work.tokens * COSTS.token_ms + work.rows * COSTS.row_ms
    return computed + work.rtt_ms


@pytest.mark.parametrize("wanted_ms", [300.0, 500.0, 550.0])
def test_the_work_takes_the_target_time(wanted_ms):
    work = COSTS.work(wanted_ms, rtt_ms=15.6)
    assert took_ms(work) == pytest.approx(wanted_ms, abs=COSTS.row_ms)


def test_the_models_have_their_share_of_the_work():
    work = COSTS.work(500.0, rtt_ms=15.6)
    models_ms = COSTS.prompt_ms + work.tokens * COSTS.token_ms
    assert models_ms / (500.0 - work.rtt_ms) == pytest.approx(0.87, abs=0.03)


def test_a_correction_is_made_in_rows():
    work = COSTS.work(500.0, rtt_ms=15.6)
    assert took_ms(COSTS.corrected(work, by_ms=-10)) == pytest.approx(490, abs=0.01)


def test_if_no_row_is_left_there_are_fewer_tokens():
    work = COSTS.corrected(YardstickWork(tokens=5, rows=100, rtt_ms=0), by_ms=-60)
    assert (work.tokens, work.rows) == (2, 1 + round((0.495 - 60 + 75) / 0.005))
    assert COSTS.corrected(YardstickWork(tokens=2, rows=1, rtt_ms=0), by_ms=-999) == YardstickWork(
        tokens=1, rows=1, rtt_ms=0
    )


def test_the_slope_comes_from_the_last_two_measurements_and_is_limited():
    assert measured_per_predicted([(500, 560)]) == 1
    assert measured_per_predicted([(500, 560), (450, 470)]) == pytest.approx(1.8)
    assert measured_per_predicted([(500, 560), (500, 470)]) == 1
    assert measured_per_predicted([(500, 560), (499, 470)]) == 3


def test_the_second_correction_is_right_if_rows_take_longer_than_predicted():
    def took(work):  # half as long again as each piece alone
        return COSTS.prompt_ms + work.tokens * COSTS.token_ms + work.rows * 1.5 * COSTS.row_ms

    work, times = COSTS.work(500.0, rtt_ms=0), []
    for _ in range(3):
        times.append((COSTS.predicted_ms(work), took(work)))
        by_ms = (500 - took(work)) / measured_per_predicted(times)
        work = COSTS.corrected(work, by_ms=by_ms)
    assert took(work) == pytest.approx(500, rel=0.005)
