import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.assistant import Query
from harness.stages.exact_search import ExactSearch, best, nearest
from tests.fakes import chunk
from tests.unit.stages.unit_vectors import unit_vectors

VECTORS = unit_vectors(200, 16)
CHUNKS = [chunk(n) for n in range(200)]


def ids(found):
    return [int(c.id.removeprefix("c")) for c in found]


def sorted_rows(vector, rows, k):
    return sorted(rows, key=lambda row: -float(VECTORS[row] @ vector))[:k]


@pytest.mark.parametrize("k", [1, 5, 200, 500])
def test_it_finds_what_sorting_everything_finds(k):
    query = Query("q", unit_vectors(1, 16, seed=7)[0])
    assert ids(ExactSearch(CHUNKS, VECTORS)(query, k)) == sorted_rows(query.vector, range(200), k)


@pytest.mark.parametrize("k", [0, -1])
def test_nothing_asked_nothing_found(k):
    assert ExactSearch(CHUNKS, VECTORS)(Query("q", VECTORS[0]), k) == []


@pytest.mark.parametrize("step", [2, 40])  # half of the rows: multiplied; few of them: copied
def test_a_mask_leaves_the_best_of_its_rows(step):
    mask = np.arange(200) % step == 0
    search = ExactSearch(CHUNKS, VECTORS, lambda text: mask if text == "filtered" else None)
    allowed = sorted_rows(VECTORS[3], np.flatnonzero(mask), 4)
    assert ids(search(Query("filtered", VECTORS[3]), 4)) == allowed
    assert ids(search(Query("open", VECTORS[3]), 1)) == [3]


def test_fewer_rows_than_asked_are_all_found():
    mask = np.arange(200) < 2
    assert set(nearest(VECTORS, VECTORS[9], 5, mask)) == {0, 1}


def test_a_query_in_double_precision_finds_the_same():
    double = VECTORS[3].astype(np.float64)
    assert list(nearest(VECTORS, double, 5)) == list(nearest(VECTORS, VECTORS[3], 5))


@given(st.lists(st.floats(-1, 1), max_size=30), st.integers(0, 40))
def test_the_best_are_the_highest_in_falling_order(scores, k):
    found = best(np.array(scores), k)
    assert [scores[i] for i in found] == sorted(scores, reverse=True)[:k]
    assert len(set(found)) == len(found)
