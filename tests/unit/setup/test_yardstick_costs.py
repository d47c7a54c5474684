import pytest

from harness.setup.yardstick_costs import YardstickCosts

COSTS = YardstickCosts(prompt_ms=120.0, token_ms=25.0, row_ms=0.005)


@pytest.mark.parametrize("wanted_ms", [300.0, 500.0, 550.0])
def test_the_work_takes_the_target_time(wanted_ms):
    assert COSTS.predicted_ms(COSTS.work(wanted_ms, rtt_ms=15.6)) == pytest.approx(
        wanted_ms, abs=0.01
    )


def test_the_models_have_their_share_of_the_work():
    work = COSTS.work(500.0, rtt_ms=15.6)
    models_ms = COSTS.prompt_ms + work.tokens * COSTS.token_ms
    assert models_ms / (500.0 - work.rtt_ms) == pytest.approx(0.87, abs=0.05)


def test_a_machine_with_slow_tokens_fills_up_with_rows():
    slow = YardstickCosts(prompt_ms=100.0, token_ms=150.0, row_ms=0.01)
    assert slow.predicted_ms(slow.work(500.0, rtt_ms=15.6)) == pytest.approx(500, abs=0.02)


def test_there_is_always_some_work():
    work = YardstickCosts(prompt_ms=900.0, token_ms=150.0, row_ms=0.01).work(500.0, rtt_ms=15.6)
    assert (work.tokens, work.rows) == (1, 1)
