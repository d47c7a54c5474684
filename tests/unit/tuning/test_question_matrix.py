import numpy as np
import pytest

from harness.kb.articles import articles
from harness.models.engines.question_embedder import ProjectedEmbedding, unit
from harness.tuning import question_lessons, question_matrix
from harness.tuning.question_lessons import Candidates
from harness.tuning.question_matrix import Lessons

D = 12


@pytest.fixture(scope="module")
def turned_away():
    """Questions that are their passages turned by a fixed rotation, among three others each."""
    rng = np.random.default_rng(1)
    passages = unit(rng.standard_normal((400, D))).astype(np.float32)
    rotation, _ = np.linalg.qr(rng.standard_normal((D, D)))
    candidates = np.array([[i, *rng.choice(400, 3, replace=False)] for i in range(400)])
    there = np.ones(candidates.shape, bool)
    asked = (passages @ rotation).astype(np.float32)
    return Lessons(asked, Candidates(candidates, there, passages))


def test_a_rotation_is_found_again(turned_away):
    before = turned_away.accuracy(np.eye(D, dtype=np.float32))
    after = turned_away.accuracy(question_matrix.fitted(turned_away, epochs=3))
    assert before < 0.6 and after > 0.95


def test_the_same_seed_gives_the_same_matrix(turned_away):
    one, two = (question_matrix.fitted(turned_away, epochs=1) for _ in range(2))
    assert np.array_equal(one, two)


def test_an_absent_candidate_never_wins(turned_away):
    right = turned_away.candidates.rows[:, 0]
    candidates = np.column_stack([right, right])
    there = np.column_stack([np.ones(400, bool), np.zeros(400, bool)])
    alone = Lessons(
        turned_away.questions, Candidates(candidates, there, turned_away.candidates.passages)
    )
    assert alone.accuracy(-np.eye(D, dtype=np.float32)) == 1.0


def test_a_question_competes_with_its_product_and_its_near_misses():
    [topics, *_] = question_lessons.by_kind().values()
    topic = topics[0]
    [rows] = question_lessons.competing([topic])
    known = articles()
    assert known[rows[0]] == topic.article
    assert len(set(rows)) == len(rows)
    assert set(topic.near_misses) <= {known[row].chunk.id for row in rows}


def test_turned_vectors_have_unit_length():
    vectors = np.eye(3, dtype=np.float32)
    turned = ProjectedEmbedding(
        lambda texts: vectors[: len(texts)], 5 * np.eye(3, dtype=np.float32)
    )
    assert turned(["a", "b"]) == pytest.approx(vectors[:2])
