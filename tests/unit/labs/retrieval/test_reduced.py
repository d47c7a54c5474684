import numpy as np
import pytest

from harness.assistant import Query
from harness.errors import WrongUseError
from harness.labs.retrieval.reduced import ReducedSearch, fit, reduced_search
from harness.stages.exact_search import nearest
from tests.fakes import chunk
from tests.unit.stages.unit_vectors import unit_vectors


def flat_vectors(n=400, d=32, inner=6):
    """Vectors of d dimensions that nearly lie in `inner` of them."""
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(n, inner)) @ rng.normal(size=(inner, d))
    vectors += 0.01 * rng.normal(size=(n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = flat_vectors()
CHUNKS = [chunk(n) for n in range(len(VECTORS))]


def rows(search, vector, k=5):
    return [int(c.id.removeprefix("c")) for c in search(Query("q", vector), k)]


def test_a_projection_keeps_unit_norm_and_inner_products():
    short = fit(VECTORS, 6)(VECTORS)
    assert short.shape == (400, 6) and short.dtype == np.float32
    assert np.allclose(np.linalg.norm(short, axis=1), 1, atol=1e-5)
    assert np.allclose(short @ short[0], VECTORS @ VECTORS[0], atol=0.05)


def test_all_dimensions_lose_nothing():
    vectors = unit_vectors(100, 8)
    short = fit(vectors, 8)(vectors)
    assert np.allclose(short @ short.T, vectors @ vectors.T, atol=1e-5)


def test_a_vector_outside_all_directions_stays_zero():
    projection = fit(np.eye(3, dtype=np.float32)[:2], 2)
    assert np.array_equal(projection(np.array([0, 0, 1], np.float32)), [0, 0])


def test_a_sample_gives_the_same_directions_each_time():
    first, second = (fit(VECTORS, 4, sample=50).directions for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("r", [0, 33, 51])
def test_impossible_dimensions_are_refused(r):
    with pytest.raises(WrongUseError, match="choose from 1 to"):
        fit(VECTORS, r, sample=50)


def test_the_second_look_puts_the_order_right():
    search = reduced_search(CHUNKS, VECTORS, r=5)
    for vector in VECTORS[:20]:
        assert rows(search, vector) == list(nearest(VECTORS, vector, 5))


def test_without_a_second_look_something_is_lost():
    project = fit(VECTORS, 2)
    hasty = ReducedSearch(CHUNKS, VECTORS, project(VECTORS), project, candidates=1)
    patient = ReducedSearch(CHUNKS, VECTORS, project(VECTORS), project, candidates=200)
    exact = [set(nearest(VECTORS, vector, 5)) for vector in VECTORS[:50]]

    def hits(search):
        pairs = zip(VECTORS[:50], exact, strict=True)
        return sum(len({*rows(search, vector)} & right) for vector, right in pairs)

    assert hits(hasty) < hits(patient)


def test_a_filter_holds_for_both_looks():
    mask = np.arange(400) % 7 == 0
    project = fit(VECTORS, 5)
    search = ReducedSearch(CHUNKS, VECTORS, project(VECTORS), project, allowed=lambda text: mask)
    assert rows(search, VECTORS[0]) == list(nearest(VECTORS, VECTORS[0], 5, mask))
