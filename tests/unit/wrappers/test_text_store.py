import json
import pickle
import sqlite3

import diskcache
import pytest

from harness.store import StoreError
from harness.wrappers.expiry import Expiry
from harness.wrappers.text_store import text_store
from tests.unit.wrappers.counting import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    opened = text_store(tmp_path / "cache", Expiry(ttl_s=100, jitter=0, clock=clock))
    yield opened
    opened.close()


@pytest.mark.parametrize("text", ["", "24 months", "é\n", "long " * 20_000])  # inline and as a file
def test_a_text_comes_back_until_its_deadline(store, clock, text):
    assert store.get("k") is None
    store.put("k", text)
    clock.now += 99
    assert store.get("k") == text
    clock.now += 1
    assert store.get("k") is None


def test_a_new_text_replaces_the_old_one(store):
    store.put("k", "old")
    store.put("k", "new")
    assert store.get("k") == "new"


def test_texts_outlive_the_process(tmp_path, store):
    store.put("k", "kept")
    again = text_store(tmp_path / "cache", store.expiry)
    assert again.get("k") == "kept"
    again.close()


class Bomb:
    """An object whose unpickling calls a function."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_nothing_is_pickled(store):
    for call in (lambda: store.cache.set("k", Bomb()), lambda: store.cache.set(("k",), "v")):
        with pytest.raises(ValueError, match="text"):
            call()


def test_a_pickle_put_there_by_somebody_else_is_not_opened(store, tmp_path):
    store.put("k", "text")
    with sqlite3.connect(tmp_path / "cache" / "cache.db") as database:
        bomb = (diskcache.core.MODE_PICKLE, pickle.dumps(Bomb()))
        database.execute("UPDATE Cache SET mode = ?, value = ?", bomb)
    database.close()
    assert store.get("k") is None


@pytest.mark.parametrize(
    "record", ["", "{", "5", "[1]", json.dumps([1e12, 5]), json.dumps(["a", "b"])]
)
def test_a_broken_record_counts_as_missing(store, record):
    store.cache.set("k", record)
    assert store.get("k") is None


def test_a_store_that_fails_keeps_nothing_and_breaks_nothing(store, monkeypatch):
    def full(*args, **kwargs):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store.cache, "set", full)
    store.put("k", "text")
    assert store.get("k") is None


def test_a_folder_that_is_no_cache_is_named(tmp_path):
    (tmp_path / "cache.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="delete"):
        text_store(tmp_path)
