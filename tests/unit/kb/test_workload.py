"""The workload: declared rates, and popularity by Zipf's law."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import WrongUseError
from harness.kb.workload import repeat_rates, workload


def test_a_fifth_repeats_exactly_and_a_fifth_in_other_words():
    rates = repeat_rates(workload(500, seed=1))
    assert (rates.exact, rates.paraphrase, rates.fresh) == pytest.approx((0.2, 0.2, 0.6))


@given(st.integers(0, 300), st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_any_workload_is_of_its_size_and_reproducible(n, seed):
    cases = workload(n, seed)
    assert len(cases) == n
    assert cases == workload(n, seed)
    assert sum(vars_of(repeat_rates(cases))) == pytest.approx(1 if n else 0)


def vars_of(rates):
    return rates.exact, rates.paraphrase, rates.fresh


def test_the_rates_can_be_chosen():
    rates = repeat_rates(workload(200, seed=1, split="test", exact=0.5, paraphrase=0.0))
    assert vars_of(rates) == pytest.approx((0.5, 0.0, 0.5))


@pytest.mark.parametrize("n", [1, 2, 12])
def test_even_a_workload_of_repeats_begins_with_a_fresh_request(n):
    cases = workload(n, seed=1, exact=0.5, paraphrase=0.5)
    assert len(cases) == n
    assert repeat_rates(cases).fresh == pytest.approx(1 / n)


def test_popular_topics_are_asked_more_often():
    cases = workload(1000, seed=2)
    counts = Counter((case.product, case.kind, case.region) for case in cases).most_common()
    assert counts[0][1] >= 10  # the favourite; without popularity no topic would reach it
    assert sum(count == 1 for _, count in counts) > 300  # and a long tail


def test_a_tenth_is_unanswerable():
    cases = workload(1000, seed=2)
    assert 0.05 < sum(not case.answerable for case in cases) / 1000 < 0.2


def test_more_fresh_requests_than_topics_are_refused():
    with pytest.raises(WrongUseError, match="fewer"):
        workload(100_000, seed=1)
