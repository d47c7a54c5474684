"""Labelled pairs, and the hit rates of a semantic cache on them."""

import numpy as np
import pytest

from harness.kb.products import products
from harness.kb.workload import workload
from harness.labs.caching.false_hits import cosines, hit_curves, hit_rates, replay, same_meaning
from harness.labs.caching.pairs import SAME, Pair, labelled_pairs

PAIRS = [Pair("a", "A", "polite"), Pair("a", "b", "reworded"), Pair("a", "c", "sibling")]
COSINES = np.array([0.9, 0.6, 0.95])
ALL = np.ones(3, bool)


def by_first_letter(texts):
    vectors = np.zeros((len(texts), 128), np.float32)
    for row, text in enumerate(texts):
        vectors[row, ord(text[0].lower()) % 128] = 1
    return vectors


def test_labelled_pairs_have_every_kind_and_two_kinds_mean_the_same():
    pairs = labelled_pairs("dev", 40, seed=1)
    kinds = {pair.kind for pair in pairs}
    assert kinds == {"polite", "reworded", "other topic", "sibling", "region", "detail"}
    assert all(pair.same == (pair.kind in SAME) for pair in pairs)
    assert all(pair.first != pair.second for pair in pairs)
    assert pairs == labelled_pairs("dev", 40, seed=1) != labelled_pairs("dev", 40, seed=2)


def test_a_sibling_differs_in_its_name_alone_and_a_greeting_keeps_the_question():
    names = {product.name for product in products()}
    for pair in labelled_pairs("dev", 40, seed=1):
        if pair.kind == "sibling":
            [first] = [name for name in names if name in pair.first and name not in pair.second]
            [second] = [name for name in names if name in pair.second and name not in pair.first]
            assert pair.first.replace(first, second) == pair.second
        if pair.kind == "polite":
            assert pair.first in pair.second


def test_hit_rate_and_false_hit_rate_have_different_divisors():
    rates = hit_rates(COSINES, ALL, PAIRS, 0.7)
    assert (rates.hits.successes, rates.hits.n) == (1, 2)  # of those that mean the same
    assert (rates.wrong.successes, rates.wrong.n) == (1, 2)  # of all hits
    guarded = hit_rates(COSINES, np.array([True, True, False]), PAIRS, 0.5)
    assert (guarded.hits.rate, guarded.wrong.rate) == (1, 0)


def test_a_guard_that_returns_none_lets_nothing_through():
    assert same_meaning(PAIRS, str.lower).tolist() == [True, False, False]
    assert not same_meaning(PAIRS, lambda text: None).any()


def test_each_text_is_embedded_once():
    seen = []

    def embed(texts):
        seen.extend(texts)
        return by_first_letter(texts)

    assert cosines(PAIRS, embed).tolist() == [1, 0, 0]
    assert sorted(seen) == ["A", "a", "b", "c"]


def test_curves_have_the_rates_of_each_guard_at_each_threshold():
    guards = {"without": ALL, "with": np.array([True, True, False])}
    curves = hit_curves(COSINES, guards, PAIRS, [0.7, 0.5])
    assert [threshold for threshold, _ in curves["with"]] == [0.7, 0.5]
    assert curves["without"][0][1] == hit_rates(COSINES, ALL, PAIRS, 0.7)
    assert curves["with"][1][1].hits.rate == 1


def nearest(meant, vector, entries, threshold):
    near = [(vector @ other, topic) for kept, other, topic in entries if kept == meant]
    cosine, topic = max(near, key=lambda pair: pair[0], default=(-2, None))
    return topic if meant is not None and cosine >= threshold else None


def test_a_day_of_repeats_hits_as_often_as_it_repeats():
    day = workload(60, seed=3, exact=0.3, paraphrase=0)
    vectors = by_first_letter([case.question.text for case in day])
    rates = replay(day, vectors, str.lower, nearest, threshold=0.99)
    assert rates.hits.rate == pytest.approx(0.3, abs=0.02)
    assert rates.wrong.successes == 0
    careless = replay(day, vectors, lambda text: 1, nearest, threshold=-1.0)
    assert careless.hits.successes == 59
    assert careless.wrong.rate > 0.5
    assert replay(day, vectors, lambda text: None, nearest, 0.0).hits.successes == 0


def test_a_question_without_a_meaning_is_not_remembered():
    seen = []

    def lookup(meant, vector, entries, threshold):
        seen.append(len(entries))

    day = workload(4, seed=3)
    replay(day, np.eye(4), lambda text: None, lookup, 0.5)
    replay(day, np.eye(4), str.lower, lookup, 0.5)
    assert seen == [0, 0, 0, 0, 0, 1, 2, 3]
