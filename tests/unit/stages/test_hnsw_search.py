import numpy as np
import pytest

from harness import store
from harness.assistant import Query
from harness.errors import WrongUseError
from harness.stages import hnsw_search
from harness.stages.exact_search import nearest
from harness.stages.hnsw_search import HnswSearch, build, load, save
from tests.fakes import chunk
from tests.unit.stages.unit_vectors import unit_vectors

N = 1000
VECTORS = unit_vectors(N, 16)
CHUNKS = [chunk(n) for n in range(N)]


@pytest.fixture(scope="module")
def index():
    return build(VECTORS)


def rows(search, vector, k, text="q"):
    return [int(c.id.removeprefix("c")) for c in search(Query(text, vector), k)]


def recall(search, k=5, queries=50):
    asked = unit_vectors(queries, 16, seed=9)
    return np.mean([len({*rows(search, q, k)} & {*nearest(VECTORS, q, k)}) / k for q in asked])


def test_the_walk_finds_nearly_what_the_exact_search_finds(index):
    assert recall(HnswSearch(CHUNKS, VECTORS, index)) >= 0.95


def test_a_short_walk_finds_less(index):
    assert recall(HnswSearch(CHUNKS, VECTORS, index, ef=5)) < recall(
        HnswSearch(CHUNKS, VECTORS, index, ef=200)
    )


def test_ef_grows_with_k_and_the_best_come_first(index):
    found = rows(HnswSearch(CHUNKS, VECTORS, index, ef=1), VECTORS[0], 100)
    assert len(set(found)) == 100
    similarities = VECTORS[found] @ VECTORS[0]
    assert found[0] == 0 and np.all(np.diff(similarities) <= 1e-6)


def test_more_than_there_is_gives_all_there_is(index):
    assert len(rows(HnswSearch(CHUNKS, VECTORS, index), VECTORS[0], N + 5)) == N
    assert rows(HnswSearch(CHUNKS, VECTORS, index), VECTORS[0], 0) == []


@pytest.mark.parametrize("few", [0, N])  # too many to compare all; few enough
@pytest.mark.parametrize("step", [2, 100])
def test_a_filter_leaves_the_nearest_allowed_rows(index, monkeypatch, few, step):
    monkeypatch.setattr(hnsw_search, "FEW", few)
    mask = np.arange(N) % step == 0
    search = HnswSearch(CHUNKS, VECTORS, index, ef=200, allowed=lambda text: mask)
    found = rows(search, VECTORS[5], 5)
    assert found == list(nearest(VECTORS, VECTORS[5], 5, mask))


def test_a_filter_that_says_nothing_changes_nothing(index):
    plain = HnswSearch(CHUNKS, VECTORS, index)
    silent = HnswSearch(CHUNKS, VECTORS, index, allowed=lambda text: None)
    assert rows(plain, VECTORS[7], 5) == rows(silent, VECTORS[7], 5)


class Lost:
    """An index whose search finds too few vectors."""

    dim = 16

    def get_current_count(self):
        return N

    def get_items(self, rows):
        return VECTORS[rows]

    def set_ef(self, ef):
        pass

    def knn_query(self, *args, **kwargs):
        raise RuntimeError("Cannot return the results in a contiguous 2D array")


def test_a_walk_that_gets_lost_is_replaced_by_the_exact_search():
    found = rows(HnswSearch(CHUNKS, VECTORS, Lost()), VECTORS[7], 5)
    assert found == list(nearest(VECTORS, VECTORS[7], 5))


def test_a_saved_index_finds_the_same(index, tmp_path):
    save(index, tmp_path / "graph.bin")
    again = load(tmp_path / "graph.bin", 16)
    for vector in VECTORS[:20]:
        first, second = (HnswSearch(CHUNKS, VECTORS, one) for one in (index, again))
        assert rows(first, vector, 5) == rows(second, vector, 5)


def test_one_thread_builds_the_same_graph_each_time(tmp_path):
    for name in ("a", "b"):
        save(build(VECTORS[:300], seed=3), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_damaged_or_missing_index_is_refused(index, tmp_path):
    with pytest.raises(store.StoreError):
        load(tmp_path / "graph.bin", 16)
    save(index, tmp_path / "graph.bin")
    (tmp_path / "graph.bin").write_bytes(b"\0" * 100)
    with pytest.raises(store.CorruptFileError):
        load(tmp_path / "graph.bin", 16)


def test_an_index_of_other_vectors_is_refused(index, tmp_path):
    save(index, tmp_path / "graph.bin")
    wider = load(tmp_path / "graph.bin", 17)  # hnswlib takes the wrong width without a word
    for vectors, one in [
        (VECTORS[:-1], index),
        (VECTORS[::-1], index),
        (unit_vectors(N, 17), index),
        (unit_vectors(N, 17), wider),
    ]:
        with pytest.raises(WrongUseError, match="build the index again"):
            HnswSearch(CHUNKS[: len(vectors)], vectors, one)


def test_a_whole_file_that_is_no_index_is_refused(tmp_path):
    with store.atomic_write(tmp_path / "graph.bin") as part:
        part.write_bytes(b"\1" * 500)
    with pytest.raises(store.CorruptFileError, match="no index"):
        load(tmp_path / "graph.bin", 16)


def test_an_empty_knowledge_base_has_no_answers():
    empty = VECTORS[:0]
    assert HnswSearch([], empty, build(empty))(Query("q", VECTORS[0]), 5) == []
