"""The shipped vectors are those of the present texts; vectors computed on the machine are preferred."""

import numpy as np
import pytest

from harness import baseline, store
from harness.kb import articles, vectors


def test_the_shipped_vectors_are_of_the_present_texts():
    file = baseline.shipped()
    assert file.exists(), (
        "The articles have changed since their vectors were shipped: run `under500 prepare --embed` and "
        "`python -m harness.setup.ship_vectors`, and commit the file."
    )
    halves = np.load(store.check_seal(file), allow_pickle=False)
    assert halves.dtype == np.float16 and len(halves) == len(articles.written())
    assert np.allclose(np.linalg.norm(halves.astype(np.float32), axis=1), 1, atol=1e-3)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def embed(texts):
    return np.ones((len(texts), 384), np.float32)


def test_without_other_vectors_the_shipped_ones_are_unpacked(home):
    assert not baseline.vectors_ready()
    baseline.build_vectors()
    assert baseline.vectors_ready() and not baseline.vectors_ready(embedded_here=True)
    assert baseline.knowledge_vectors().dtype == np.float32


def test_vectors_computed_here_are_preferred(home):
    baseline.build_vectors()
    vectors.write(baseline.embedded_folder(), embed(articles.written()))
    assert np.array_equal(baseline.knowledge_vectors(), embed(articles.written()))


def test_after_a_change_of_the_texts_they_are_embedded(home, monkeypatch):
    changed = articles.written()[:3]
    monkeypatch.setattr(articles, "written", lambda: changed)
    monkeypatch.setattr(articles, "written_hash", lambda: "c" * 64)
    monkeypatch.setattr(
        baseline, "embedder", lambda: type("Fake", (), {"documents": staticmethod(embed)})
    )
    baseline.build_vectors()
    assert np.array_equal(baseline.knowledge_vectors(), embed(changed))


def test_damaged_vectors_are_unpacked_again(home):
    baseline.build_vectors()
    [file] = home.rglob(vectors.VECTORS)
    file.write_bytes(b"damaged")
    assert not baseline.vectors_ready()
    baseline.build_vectors()
    assert baseline.vectors_ready()
