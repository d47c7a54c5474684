"""The noise of a comparison, and what is beyond it."""

import pytest

from harness.measure.latency.compare import Ratio
from harness.measure.latency.self_comparison import Noise
from harness.measure.stats import Interval
from harness.show.bench_picture import noise_finding


def ratio(low, high):
    return Ratio((low + high) / 2, Interval(low, high))


@pytest.mark.parametrize(
    ("alone", "both", "beyond", "biased"),
    [
        ((0.95, 1.05), (1.2, 1.4), True, False),
        ((0.95, 1.05), (0.5, 0.9), True, False),
        ((0.95, 1.05), (1.04, 1.4), False, False),
        ((0.95, 1.05), (0.9, 0.95), False, False),
        ((1.0, 1.1), (2.0, 2.1), True, False),
        ((1.01, 1.1), (2.0, 2.1), True, True),
    ],
)
def test_a_difference_is_beyond_the_noise_if_the_intervals_are_apart(alone, both, beyond, biased):
    noise = Noise(ratio(*alone), 10)
    assert (noise.exceeded_by(ratio(*both)), noise.biased) == (beyond, biased)
    assert ("differs from itself" in noise_finding(noise, "A", ratio(*both))) == biased


def test_too_few_pairs_leave_the_noise_unknown():
    noise = Noise(None, 4)
    assert noise.exceeded_by(ratio(1, 2)) is None and not noise.biased
    assert noise.to_json() == {"n": 4, "ratio": None, "biased": False}
    assert "unknown" in noise_finding(noise, "A", ratio(1, 2))
