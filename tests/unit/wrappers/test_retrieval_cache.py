from contextlib import closing

import numpy as np
import pytest

from harness.assistant import Query
from harness.wrappers.expiry import Expiry
from harness.wrappers.retrieval_cache import RetrievalCache
from harness.wrappers.text_store import text_store
from tests.fakes import chunk
from tests.unit.wrappers.counting import Clock

CHUNKS = [chunk(n) for n in range(5)]


class Search:
    """A search that finds the first k chunks, or the last ones if `order` is -1."""

    def __init__(self):
        self.asked, self.order = [], 1

    def __call__(self, query, k):
        self.asked.append((query.text, k))
        return CHUNKS[:: self.order][:k]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with closing(text_store(tmp_path, Expiry(100, 0, clock))) as opened:
        yield opened


def query(text):
    return Query(text, np.ones(2, np.float32))


def test_the_second_search_is_not_done(store):
    search = Search()
    cache = RetrievalCache(search, CHUNKS, store, "v1")
    assert cache(query("How long?"), 2) == cache(query("how  long"), 2) == CHUNKS[:2]
    assert search.asked == [("How long?", 2)]


@pytest.mark.parametrize("text, k, version", [("other", 2, "v1"), ("a", 3, "v1"), ("a", 2, "v2")])
def test_another_text_number_or_version_is_searched_for(store, text, k, version):
    search = Search()
    RetrievalCache(search, CHUNKS, store, "v1")(query("a"), 2)
    assert RetrievalCache(search, CHUNKS, store, version)(query(text), k) == CHUNKS[:k]
    assert len(search.asked) == 2


def test_nothing_found_is_remembered_too(store):
    search = Search()
    cache = RetrievalCache(search, CHUNKS, store, "v1")
    assert cache(query("a"), 0) == cache(query("a"), 0) == []
    assert len(search.asked) == 1


def test_what_is_too_old_is_searched_again(store, clock):
    search = Search()
    cache = RetrievalCache(search, CHUNKS, store, "v1")
    cache(query("a"), 2)
    clock.now += 100
    search.order = -1
    assert cache(query("a"), 2) == [CHUNKS[4], CHUNKS[3]]


def test_a_chunk_that_is_gone_is_not_missed(store):
    search = Search()
    RetrievalCache(search, CHUNKS, store, "v1")(query("a"), 2)
    search.order = -1
    assert RetrievalCache(search, CHUNKS[1:], store, "v1")(query("a"), 1 + 1) == CHUNKS[:2:-1]


@pytest.mark.parametrize("entry", ["", "not json", "7", "null", "[[1]]", '{"a": 1}', '["gone"]'])
def test_a_damaged_entry_is_searched_again(store, entry):
    cache = RetrievalCache(Search(), CHUNKS, store, "v1")
    cache(query("a"), 2)
    for name in list(store.cache):
        store.put(name, entry)
    assert cache(query("a"), 2) == CHUNKS[:2]


def test_an_error_is_not_remembered(store):
    def broken(query, k):
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="on fire"):
        RetrievalCache(broken, CHUNKS, store, "v1")(query("a"), 2)
    assert RetrievalCache(Search(), CHUNKS, store, "v1")(query("a"), 2) == CHUNKS[:2]
