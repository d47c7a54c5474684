"""The pictures of the retrieval and the caching lab: the finding in the title, all of it in words."""

import numpy as np
import pytest

from harness.labs.caching.false_hits import hit_rates
from harness.labs.caching.false_hits_picture import false_hit_curves
from harness.labs.caching.latency_rows import path_rows, prefix_rows, sample_rows
from harness.labs.caching.pairs import Pair
from harness.labs.caching.prefix import Prefill
from harness.labs.caching.similarity_picture import similarity
from harness.labs.caching.stampede import Wait
from harness.labs.caching.stampede_picture import stampede_bars
from harness.labs.retrieval.churn import MARKED, REBUILT, REPLACED, UNCHANGED, Round
from harness.labs.retrieval.churn_picture import churn_curves
from harness.labs.retrieval.graph import plane
from harness.labs.retrieval.recall_picture import Spot, recall_curves
from harness.labs.retrieval.scale import Row
from harness.labs.retrieval.scale_picture import scale_curves
from harness.labs.retrieval.search_runs import SearchRun
from harness.labs.retrieval.walk_picture import walk_map
from harness.measure.stats import Proportion
from tests.unit.show.figures import in_order, title, words


def timed(ms, recall=1.0, n=9):
    return SearchRun((ms,) * n, Proportion(round(100 * recall), 100), 0)


SPOTS = {"M = 16": [Spot("10", 0.9, 0.02), Spot("80", 0.97, 0.1)], "M = 4": [Spot("80", 0.7, 0.05)]}


def test_recall_curves_name_the_cheapest_that_finds_enough():
    figure = recall_curves(SPOTS, exact_ms=1.0, floor=0.95, note="n", setting="ef")
    assert in_order(title(figure), "M = 16, ef 80", "97.0 %", "0.10 ms", "10.0 times")
    assert {"M = 16", "M = 4", "exact, 1.0 ms", "required: 95 %"} <= words(figure)
    assert "M = 4: 80 70.0 % 0.05 ms" in repr(figure)


@pytest.mark.parametrize(
    ("exact_ms", "floor", "finding"),
    [(0.05, 0.95, ("Nothing", "95 %")), (1.0, 0.99, ("No setting", "99 %", "97.0 %"))],
)
def test_recall_curves_say_when_exact_wins(exact_ms, floor, finding):
    assert in_order(title(recall_curves(SPOTS, exact_ms, floor, "n", "ef")), *finding)


def test_recall_curves_need_one_to_four():
    for wrong in ({}, {str(n): [Spot("1", 1, 1)] for n in range(5)}):
        with pytest.raises(ValueError, match="1 to 4"):
            recall_curves(wrong, 1.0, 0.9, "n", "ef")
    with pytest.raises(ValueError, match="at least 1"):
        recall_curves({"empty": []}, 1.0, 0.9, "n", "ef")


def row(n, exact_ms, walk_ms):
    return Row(n, timed(exact_ms), timed(walk_ms, 0.98), ef=32)


def test_scale_names_both_ends_and_the_crossing():
    figure = scale_curves([row(1000, 0.01, 0.02), row(100_000, 1.0, 0.05)], dimensions=384)
    assert in_order(title(figure), "1,000", "exact 2.0 times", "100,000", "walk 20 times")
    assert {"exact", "graph walk", "98 %"} <= words(figure)
    assert any("equal at" in text for text in words(figure))
    assert "no difference" in title(scale_curves([row(1, 1, 1), row(2, 1, 1)], 384))
    with pytest.raises(ValueError, match="at least 2"):
        scale_curves([row(1, 1, 1)], 384)


def test_a_walk_counts_the_visited_points():
    points, graph = plane(40)
    nearest = np.argsort(np.linalg.norm(points - (1, 0.5), axis=1))
    visited = [int(row) for row in nearest[:12]]
    figure = walk_map(points, graph, np.array([1, 0.5]), visited, visited[:3])
    assert in_order(title(figure), "12 of 40", "keep 3", "3 of these")


def test_churn_compares_with_a_rebuilt_index():
    def state(replaced, unchanged):
        runs = {UNCHANGED: timed(1, unchanged), MARKED: timed(3, 0.9)}
        return Round(
            replaced,
            {**runs, REPLACED: timed(1, 0.88), REBUILT: timed(1, 0.9)},
            dict.fromkeys((UNCHANGED, MARKED, REPLACED, REBUILT), 10),
        )

    figure = churn_curves([state(0, 0.9), state(1, 0.0)])
    assert in_order(title(figure), "90 % to 0 %", "3.0 times as long", "2 points of recall")
    assert "marked: 3.0 ms, 10 held" in words(figure)
    with pytest.raises(ValueError, match="at least 2"):
        churn_curves([state(0, 0.9)])


PAIRS = [Pair("a", "A", "polite"), Pair("a", "b", "reworded"), Pair("a", "c", "sibling")]
COSINES = np.array([0.9, 0.6, 0.95])


def test_similarity_counts_wrong_hits_and_what_the_guard_takes_away():
    figure = similarity(PAIRS, COSINES, 0.8)
    assert in_order(title(figure), "50 %", "wrong", "50 %", "recognised")
    assert "sibling (another): median 0.95, hits 1 of 1" in repr(figure)
    guarded = similarity(PAIRS, COSINES, 0.8, np.array([True, True, False]))
    assert in_order(title(guarded), "0 %", "wrong")
    assert in_order(title(similarity(PAIRS, COSINES, 0.99)), "Nothing hits", "0.99")
    with pytest.raises(ValueError, match="pairs"):
        similarity([], COSINES[:0], 0.8)


def test_false_hits_say_what_is_safe_with_and_without_a_guard():
    every, guard = np.ones(3, bool), np.array([True, True, False])
    curves = {
        name: [(t, hit_rates(COSINES, passes, PAIRS, t)) for t in (0.9, 0.5)]
        for name, passes in {"without guard": every, "with guard": guard}.items()
    }
    figure = false_hit_curves(curves, most_wrong=0.01)
    assert in_order(title(figure), "1 %", "0 % without guard", "100 % with guard")
    with pytest.raises(ValueError, match="1 to 3"):
        false_hit_curves({}, 0.01)


def test_paths_are_never_one_number():
    figure = path_rows({"miss": [400.0] * 6, "response": [1.0] * 2})
    assert in_order(title(figure), "25 % hit", "miss took 400 ms", "mean of all", "300 ms")
    assert "response (2): median of 2 1.0 ms" in repr(figure)
    with pytest.raises(ValueError, match="Nothing missed"):
        path_rows({"response": [1.0]})
    with pytest.raises(ValueError, match="sample"):
        sample_rows({"a": []}, "t", "n", "ms")


def test_prefix_rows_give_the_ratio_with_its_interval():
    prefills = {
        "cold": [Prefill(400.0 + n, 500, 0) for n in range(6)],
        "static first": [Prefill(40.0 + n / 10, 500, 470) for n in range(6)],
        "same": [Prefill(1.0, 500, 499)] * 6,
    }
    figure = prefix_rows(prefills, "cold", "static first", "same")
    assert in_order(title(figure), "static first", "10.0 times", "95 % interval")
    assert "static first, 94 %: p50" in repr(figure)


def test_a_stampede_compares_computations_and_waits():
    runs = {
        "everybody": ([Wait(0, 400.0 * n) for n in (1, 2, 3)], 3),
        "one flight": ([Wait(0, 410.0)] * 3, 1),
    }
    figure = stampede_bars(runs)
    assert in_order(title(figure), "everybody: 3", "800 ms", "one flight: 1", "410 ms")
    assert {"last: 1,200 ms", "last: 410 ms"} <= words(figure)
    with pytest.raises(ValueError, match="1 to 2"):
        stampede_bars({})
    with pytest.raises(ValueError, match="callers"):
        stampede_bars({"nobody": ([], 0)})
