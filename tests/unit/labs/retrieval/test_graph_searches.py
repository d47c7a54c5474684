"""Searches through graphs for several ef, the growth of a graph, times of calls, and curves of settings."""

import numpy as np

from harness.assistant import Query
from harness.labs.retrieval.call_times import hit_and_miss_ms, timed
from harness.labs.retrieval.graph_growth import drawn_levels, grown
from harness.labs.retrieval.recall_picture import Spot, curves, fastest
from harness.labs.retrieval.search_runs import SearchRun
from harness.labs.retrieval.visits import Visits, by_ef
from harness.measure.stats import Proportion
from tests.fakes import chunk
from tests.unit.stages.unit_vectors import unit_vectors

VECTORS = unit_vectors(60, 16)
QUERIES = unit_vectors(5, 16, seed=9)


def test_visits_are_recorded_in_order():
    near = Visits(lambda row: -row)
    assert [near(3), near(1), near(3)] == [-3, -1, -3]
    assert near.rows == [3, 1, 3]


def best_of_the_first(similarity, ef):
    return sorted(range(ef), key=similarity, reverse=True)


def test_each_ef_has_the_rows_of_every_query_and_the_number_visited():
    runs = list(by_ef(best_of_the_first, VECTORS, QUERIES, (3, 20), k=5))
    assert [(run.ef, run.visited) for run in runs] == [(3, 3), (20, 20)]
    assert [len(found) for found in runs[0].found] == [3] * len(QUERIES)
    for query, found in zip(QUERIES, runs[1].found, strict=True):
        assert found == np.argsort(-(VECTORS[:20] @ query))[:5].tolist()


def test_one_row_in_m_reaches_the_next_level():
    chosen, levels = drawn_levels(unit_vectors(4000, 8), 4000, m=4, seed=1)
    assert len(chosen) == len(levels) == 4000
    assert 900 < sum(level >= 1 for level in levels) < 1100
    assert 200 < sum(level >= 2 for level in levels) < 300
    assert drawn_levels(VECTORS, 10, 4, seed=1)[1] == drawn_levels(VECTORS, 10, 4, seed=1)[1]


def test_rows_are_inserted_in_order_at_their_levels():
    def insert(layers, vectors, row, level, m, ef):
        return [*layers, {row: [level, m, ef]}]

    assert grown(insert, VECTORS, [2, 0], 8, 40) == [{0: [2, 8, 40]}, {1: [0, 8, 40]}]


def test_a_call_is_timed_with_its_arguments():
    result, seconds = timed(sorted, [2, 1], reverse=True)
    assert result == [2, 1]
    assert seconds >= 0


def test_hits_are_the_texts_that_were_asked_before():
    chunks, asked = [chunk(1, "T.")], []

    def search(query, k):
        asked.append(query.text)
        return chunks

    queries = [Query(text, VECTORS[0]) for text in ("one", "two", "one", "one")]
    times = hit_and_miss_ms(search, chunks, queries, 1)
    assert {path: len(ms) for path, ms in times.items()} == {"hit": 2, "miss": 2}
    assert asked == ["one", "two"]


def timed_run(recall, ms):
    return SearchRun((ms,) * 5, Proportion(round(100 * recall), 100), 0)


RUNS = {
    "exact": timed_run(1, 4.0),
    "M = 4 5": timed_run(0.5, 0.1),
    "M = 16 5": timed_run(0.8, 0.2),
    "M = 4 80": timed_run(0.98, 0.3),
    "M = 16 80": timed_run(0.99, 0.4),
}


def test_runs_with_a_setting_in_their_name_become_curves():
    assert curves(RUNS, (5, 80)) == {
        "M = 4": [Spot("5", 0.5, 0.1), Spot("80", 0.98, 0.3)],
        "M = 16": [Spot("5", 0.8, 0.2), Spot("80", 0.99, 0.4)],
    }


def test_the_fastest_of_all_curves_finds_enough_or_there_is_none():
    assert fastest(curves(RUNS, (5, 80)), 0.98) == Spot("80", 0.98, 0.3)
    assert fastest(curves(RUNS, (5, 80)), 0.999) is None
