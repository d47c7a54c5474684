"""Projections to fewer dimensions, and the searches that use them."""

import numpy as np
import pytest

from harness.errors import WrongUseError
from harness.labs.retrieval.reduced import fit, principal, truncate_dims
from harness.labs.retrieval.search_runs import exact, measure
from tests.unit.stages.unit_vectors import unit_vectors


def flat_vectors(n=400, d=32, inner=6):
    """Return vectors of d dimensions that nearly lie in a subspace of `inner` dimensions."""
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(n, inner)) @ rng.normal(size=(inner, d))
    vectors += 0.01 * rng.normal(size=(n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = flat_vectors()


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
    with pytest.raises(WrongUseError, match="1 to"):
        fit(VECTORS, r, sample=50)


@pytest.mark.parametrize("shorten", [truncate_dims, principal])
def test_fewer_dimensions_have_less_recall_and_all_of_them_full_recall(shorten):
    vectors, queries = unit_vectors(400, 16), unit_vectors(20, 16, seed=9)
    searches = {r: shorten(vectors, r) for r in (4, 12, 16)}
    runs = measure(searches, queries, 5, truth=exact(vectors))
    assert runs[4].recall < runs[12].recall < runs[16].recall == 1
