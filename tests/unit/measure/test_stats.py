import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.measure.stats import (
    Interval,
    Proportion,
    TooFewSamplesError,
    bootstrap_ratio,
    latencies,
    median_ratio,
    middle,
    percentile,
    samples_needed,
    supported,
    tail,
    wilson,
)

times = st.floats(0.1, 1e5)


@pytest.mark.parametrize(("q", "n"), [(50, 5), (90, 44), (95, 90), (99, 459), (10, 44), (1, 459)])
def test_how_many_samples_a_percentile_needs(q, n):
    assert samples_needed(q) == n


@pytest.mark.parametrize("q", [0, 100, -1, 101, math.nan])
def test_the_ends_are_no_percentiles(q):
    with pytest.raises(ValueError, match="between 0 and 100"):
        samples_needed(q)


def test_a_percentile_is_numpys_linear_one():
    samples = list(range(101))
    assert percentile(samples, 90) == pytest.approx(90)
    assert percentile([1, 2, 3, 4, 10], 50) == 3
    assert type(percentile(samples, 50)) is float


@pytest.mark.parametrize(("q", "n"), [(50, 4), (90, 43), (99, 458)])
def test_too_few_samples_are_refused_with_what_to_do(q, n):
    with pytest.raises(TooFewSamplesError, match=rf"p{q} needs {n + 1} samples .* {n}: measure"):
        percentile([1.0] * n, q)
    assert issubclass(TooFewSamplesError, ValueError)


@pytest.mark.parametrize(
    ("n", "labels"), [(0, ""), (4, ""), (5, "p50"), (44, "p50 p90"), (459, "p50 p90 p99")]
)
def test_latencies_have_the_percentiles_that_their_number_supports(n, labels):
    values = json.loads(json.dumps(latencies(range(n)).to_json()))
    assert [q for q in ("p50", "p90", "p99") if values[q] is not None] == labels.split()
    assert values["n"] == n and values["max"] == (n - 1 if n else None)


def test_a_supported_percentile_is_the_percentile():
    assert supported(range(101), 90) == pytest.approx(90)
    assert supported(range(43), 90) is None


def test_a_small_n_has_a_maximum_and_a_large_one_a_p90():
    small, large = tail([3, 1, 2]), tail(range(44))
    assert (small.label, small.value, small.n) == ("max of 3", 3.0, 3)
    assert (large.label, large.n) == ("p90", 44)
    assert middle([3, 1, 2]).label == "median of 3"
    assert middle(range(5)).label == "p50"


@given(st.lists(times, min_size=1, max_size=60))
@settings(deadline=None, max_examples=50)
def test_marks_are_ordered_and_inside_the_samples(samples):
    low, high = middle(samples), tail(samples)
    assert min(samples) <= low.value <= high.value <= max(samples) or low.value == pytest.approx(
        high.value
    )


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf] * 5, [[1.0, 2.0]]])
def test_invalid_samples_are_an_error(samples):
    with pytest.raises(ValueError, match=r"measure|dimension"):
        middle(samples)


def test_wilson_agrees_with_the_formula():
    n, k, z = 50, 45, 1.959963984540054
    p, centre = k / n, (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert wilson(k, n).low == pytest.approx(centre - half)
    assert wilson(k, n).high == pytest.approx(centre + half)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(deadline=None, max_examples=50)
def test_wilson_stays_between_0_and_1_around_the_rate(trials):
    k, n = trials
    found = wilson(k, n)
    assert 0 <= found.low <= k / n + 1e-12
    assert k / n - 1e-12 <= found.high <= 1


@pytest.mark.parametrize(("k", "n"), [(0, 0), (2, 1), (-1, 5)])
def test_wilson_rejects_an_invalid_proportion(k, n):
    with pytest.raises(ValueError, match="proportion"):
        wilson(k, n)


def test_a_proportion_of_no_trials_has_no_rate():
    nothing = Proportion(0, 0)
    assert math.isnan(nothing.rate)
    assert nothing.interval == Interval(0.0, 1.0)
    assert json.loads(json.dumps(nothing.to_json()))["rate"] is None


def test_a_proportion_says_how_sure_it_is():
    assert str(Proportion(45, 50)) == "90 % (45 of 50, 95 % interval 79 to 96 %)"
    assert json.loads(json.dumps(Proportion(45, 50).to_json()))["n"] == 50


def pairs(factor, n=30):
    drift = np.random.default_rng(1).lognormal(0, 0.3, n)  # load that slows both alike
    noise = np.random.default_rng(2).lognormal(0, 0.01, n)
    return 100 * factor * drift * noise, 100 * drift


def test_pairing_cancels_what_slows_both():
    a, b = pairs(0.8)
    found = bootstrap_ratio(a, b)
    assert found.low < 0.8 < found.high < 1
    alone = bootstrap_ratio(a, np.random.default_rng(3).permutation(b))
    assert found.high - found.low < alone.high - alone.low
    assert median_ratio(a, b) == pytest.approx(0.8, rel=0.1)


def test_the_same_samples_give_the_same_interval():
    a, b = pairs(0.9)
    assert bootstrap_ratio(a, b) == bootstrap_ratio(a, b)
    assert bootstrap_ratio(a, b, confidence=0.5).high < bootstrap_ratio(a, b).high


def test_the_bootstrap_is_silent():
    # A graded cell with anything on stderr scores 0, warnings included.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bootstrap_ratio([1.0] * 5, [2.0] * 5) == Interval(0.5, 0.5)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0] * 5, [1.0] * 6, "5 and 6"),
        ([1.0] * 4, [1.0] * 4, "5 pairs"),
        ([0.0] * 5, [1.0] * 5, "above 0"),
    ],
)
def test_invalid_pairs_are_an_error(a, b, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_ratio(a, b)
