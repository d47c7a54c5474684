"""Recall and time of searches, the graphs and vectors they run on, and the maintenance of an index."""

import numpy as np
import pytest

from harness.labs.retrieval import search_runs
from harness.labs.retrieval.churn import MARKED, REBUILT, REPLACED, UNCHANGED, churn
from harness.labs.retrieval.filter_ways import allowed, filter_ways
from harness.labs.retrieval.graph import plane, small_world
from harness.labs.retrieval.index_swap import IndexHandle, swap_under_traffic
from harness.labs.retrieval.scale import Row, crossing, sweep
from harness.labs.retrieval.synthetic_vectors import jittered
from harness.measure.stats import Proportion
from harness.stages import hnsw_search
from harness.stages.loop_search import LoopSearch
from tests.clock import FakeClock
from tests.fakes import chunk
from tests.unit.stages.unit_vectors import unit_vectors

VECTORS = unit_vectors(400, 16)
QUERIES = unit_vectors(20, 16, seed=9)
EXACT = search_runs.exact(VECTORS)


def run(search):
    return search_runs.measure({"search": search}, QUERIES, 5, EXACT)["search"]


def test_recall_counts_true_neighbours_of_all_queries():
    assert run(EXACT).recall == 1
    half = run(lambda query, k: [*EXACT(query, 2), 398, 399])
    assert half.hits.n == 100
    assert half.recall == pytest.approx(0.4, abs=0.05)  # 398 and 399 may be near by chance


def test_an_answer_that_is_too_short_is_counted():
    assert run(lambda query, k: EXACT(query, k)[:3]).short == len(QUERIES)
    assert run(EXACT).short == 0


def test_a_table_says_how_many_answers_are_too_short_if_any_is():
    runs = {"all": run(EXACT)}
    assert "recall@5 100.0%, n = 20" in search_runs.table(runs, 5)
    assert "too few" not in search_runs.table(runs, 5)
    runs["three rows"] = run(lambda query, k: EXACT(query, k)[:3])
    first, second = search_runs.table(runs, 5).splitlines()
    assert first.endswith("too few rows: 0") and second.endswith("too few rows: 20")
    assert first.index("ms") == second.index("ms")


def test_a_search_for_chunks_becomes_one_for_rows():
    chunks = [chunk(number, "T.") for number in range(4)]
    loop = LoopSearch(chunks, VECTORS[:4], 4)
    assert search_runs.rows_of(loop)(VECTORS[2], 2)[0] == 2


def test_each_search_is_timed_alone_and_the_order_is_random():
    clock, order = FakeClock(), []

    def search(name, ms):
        def answer(query, k):
            order.append(name)
            clock.go_on(ms)
            return []

        return answer

    searches = {"slow": search("slow", 20), "fast": search("fast", 2)}
    runs = search_runs.measure(searches, QUERIES, 5, EXACT, now_ns=clock.now_ns)
    assert {name: run.p50_ms for name, run in runs.items()} == {"slow": 20, "fast": 2}
    assert search_runs.times_faster(runs["slow"], runs["fast"]).p50 == 10
    firsts = order[2::2]  # after the warm-up
    assert 3 < firsts.count("slow") < 17


def test_walks_and_filters_of_a_real_graph():
    graph = hnsw_search.build(VECTORS)
    assert run(search_runs.walk(graph, 100)).recall > 0.95
    mask = np.arange(len(VECTORS)) % 2 == 0
    rows = search_runs.filtered_walk(graph, 100, mask)(QUERIES[0], 5)
    assert len(rows) == 5 and mask[rows.astype(int)].all()
    nothing = np.zeros(len(VECTORS), bool)
    assert len(search_runs.filtered_walk(graph, 100, nothing)(QUERIES[0], 5)) == 0


def test_filters_after_the_walk_and_inside_it_return_allowed_rows():
    chunks = [chunk(number, "T.") for number in range(len(VECTORS))]
    mask = allowed(chunks, "id", "c1", "c3")
    assert np.flatnonzero(mask).tolist() == [1, 3]
    ways = filter_ways(hnsw_search.build(VECTORS), 100, mask)
    found = {name: list(map(int, search(VECTORS[1], 2))) for name, search in ways.items()}
    assert found == {"after the search": [1], "inside the walk": [1, 3]}


def test_jittered_vectors_have_unit_norm_are_near_real_ones_and_reproducible():
    drawn = jittered(VECTORS, 60, seed=1)
    assert drawn.shape == (60, 16) and drawn.dtype == np.float32
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    assert (drawn @ VECTORS.T).max(1).min() > 0.9
    assert np.array_equal(drawn, jittered(VECTORS, 60, seed=1))


def test_a_small_world_links_both_ways_and_reaches_every_row():
    for links in (small_world(VECTORS, near=3, far=2), plane(60)[1]):
        for row, others in enumerate(links):
            assert row not in others
            assert all(row in links[other] for other in others)
    links, seen, waiting = small_world(VECTORS, near=3, far=2), {0}, [0]
    while waiting:
        news = set(links[waiting.pop()]) - seen
        seen |= news
        waiting += news
    assert len(seen) == len(VECTORS)


def test_a_sweep_times_a_walk_that_finds_enough_at_each_size():
    rows = sweep(VECTORS, QUERIES, sizes=(100, 400), floor=0.9, progress=False)
    assert [row.n for row in rows] == [100, 400]
    for row in rows:
        assert row.exact.recall == 1
        assert row.walk.recall >= 0.9


def row(n, exact_ms, walk_ms):
    timed = [search_runs.SearchRun((ms,) * 5, Proportion(1, 1), 0) for ms in (exact_ms, walk_ms)]
    return Row(n, *timed, ef=8)


def test_the_lines_cross_between_two_sizes_or_nowhere():
    assert crossing([row(1000, 1, 2), row(100_000, 4, 2)]) == pytest.approx(10_000)
    assert crossing([row(1000, 3, 2), row(100_000, 4, 2)]) is None


def test_only_an_unchanged_index_loses_its_recall():
    rounds = list(churn(unit_vectors(900, 16), 300, QUERIES, rounds=4, ef=100))
    last = rounds[-1]
    assert [state.replaced for state in rounds] == [0, 0.25, 0.5, 0.75, 1]
    assert rounds[0].runs[UNCHANGED].recall > 0.9
    assert last.runs[UNCHANGED].recall == 0
    for way in (MARKED, REPLACED, REBUILT):
        assert last.runs[way].recall > 0.8, way
    assert last.held == {UNCHANGED: 300, MARKED: 600, REPLACED: 300, REBUILT: 300}


def test_a_new_index_is_swapped_in_unless_its_build_fails():
    old = hnsw_search.build(VECTORS[:100])
    handle = IndexHandle(old)
    new = hnsw_search.build(VECTORS)
    at_rest, during_build = swap_under_traffic(handle, lambda: new, QUERIES, k=5, ef=20)
    assert handle.index is new
    assert len(at_rest) == 200 and len(during_build) >= 1

    def broken():
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        swap_under_traffic(handle, broken, QUERIES, k=5, ef=20)
    assert handle.index is new
