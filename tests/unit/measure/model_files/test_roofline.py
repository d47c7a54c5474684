import math

import pytest

from harness.errors import PlainError
from harness.measure.model_files.roofline import (
    Roof,
    decode_bytes,
    decode_limit_tok_s,
    kv_bytes_per_token,
    pass_limit_ms,
    prefill_limit_ms,
    share,
)


def test_the_cache_of_the_large_model():
    per_token = kv_bytes_per_token(layers=30, kv_heads=3, head_dim=64)
    assert per_token == 23_040
    assert decode_bytes(540e6, per_token, context=202) == pytest.approx(540e6 + 4.654e6, rel=1e-4)
    assert decode_bytes(540e6) == 540e6


def test_decode_is_bound_by_memory():
    assert 1e3 / decode_limit_tok_s(24.9, 540e6) == pytest.approx(21.7, rel=1e-2)
    assert decode_limit_tok_s(20, 1e9) == 2 * decode_limit_tok_s(10, 1e9)


def test_prefill_is_bound_by_arithmetic():
    assert prefill_limit_ms(gflops=100, parameters=135e6, tokens=200) == pytest.approx(540)


def test_a_pass_takes_as_long_as_its_slower_limit():
    roof = Roof(bandwidth_gbs=20, gflops=100)
    assert pass_limit_ms(roof, 500e6, 125e6, tokens=1) == 25  # memory
    assert pass_limit_ms(roof, 500e6, 125e6, tokens=10) == 25  # still: the limits meet at 10 tokens
    assert pass_limit_ms(roof, 500e6, 125e6, tokens=20) == 50  # arithmetic


def test_the_share_of_a_limit_is_the_same_for_speeds_and_times():
    assert share(limit=100, measured=80) == pytest.approx(0.8)
    assert share(limit=10, measured=12.5, of_time=True) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: decode_limit_tok_s(0, 1), "bandwidth_gbs"),
        (lambda: decode_limit_tok_s(math.nan, 1), "bandwidth_gbs"),
        (lambda: decode_bytes(-1), "weight_bytes"),
        (lambda: decode_bytes(1, context=-1), "context"),
        (lambda: prefill_limit_ms(1, 1, 0), "tokens"),
        (lambda: kv_bytes_per_token(0, 1, 1), "layers"),
        (lambda: prefill_limit_ms(0, 1, 1), "gflops"),
        (lambda: share(1, 0), "measured"),
    ],
)
def test_an_impossible_value_is_named_in_the_error(call, name):
    with pytest.raises(PlainError, match=name):
        call()
