"""Stored vectors: built in shards, resumed, verified, rebuilt, with a fake embedder."""

import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import store
from harness.kb import vectors
from harness.kb.vectors import build, load, place, ready

TEXTS = [f"text {n} " + "x" * (n * 7 % 50) for n in range(600)]  # three shards, mixed lengths
HASH, MODEL = "a" * 64, "b" * 64


class FakeEmbedder:
    """An embedder whose vectors identify their text; raises `error` at call number `fail_at`."""

    def __init__(self, fail_at=None, error=None):
        self.calls: list[list[str]] = []
        self.fail_at, self.error = fail_at, error

    def __call__(self, texts):
        if len(self.calls) == self.fail_at:
            raise self.error
        self.calls.append(texts)
        return expected(texts)


def expected(texts):
    return np.array([[len(text), sum(text.encode())] for text in texts], np.float32).reshape(-1, 2)


def home(folder):
    return place(folder, HASH, MODEL)


def get(folder, embed=None, texts=TEXTS, name=HASH, model=MODEL):
    built = place(folder, name, model)
    build(built, texts, embed or FakeEmbedder())
    return load(built)


def test_vectors_come_in_the_order_of_the_texts(tmp_path):
    found = get(tmp_path)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected(TEXTS))


@given(st.lists(st.text(max_size=20), max_size=40))
@settings(max_examples=20, deadline=None)
def test_any_texts_keep_their_order(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("vectors")
    found = get(folder, texts=texts)
    assert len(found) == len(texts)
    assert np.array_equal(found, expected(texts)) or not texts


def test_shards_are_embedded_longest_first(tmp_path):
    embed = FakeEmbedder()
    get(tmp_path, embed)
    lengths = [len(text) for call in embed.calls for text in call]
    assert lengths == sorted(lengths, reverse=True)
    assert [len(call) for call in embed.calls] == [256, 256, 88]


def test_a_second_time_nothing_is_embedded_and_no_shard_is_left(tmp_path):
    get(tmp_path)
    embed = FakeEmbedder()
    assert np.array_equal(get(tmp_path, embed), expected(TEXTS))
    assert embed.calls == []
    assert {file.name for file in home(tmp_path).iterdir()} == {"vectors.npy", "vectors.npy.sha256"}


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(tmp_path, FakeEmbedder(fail_at=2, error=KeyboardInterrupt()))
    embed = FakeEmbedder()
    assert np.array_equal(get(tmp_path, embed), expected(TEXTS))
    assert len(embed.calls) == 1


def test_a_damaged_shard_is_embedded_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(tmp_path, FakeEmbedder(fail_at=2, error=KeyboardInterrupt()))
    damage(home(tmp_path) / "shard-00000.npy")
    embed = FakeEmbedder()
    assert np.array_equal(get(tmp_path, embed), expected(TEXTS))
    assert len(embed.calls) == 2


def damage(file: Path):
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def truncate(file: Path):
    file.write_bytes(file.read_bytes()[:100])


def empty(file: Path):
    file.write_bytes(b"")


@pytest.mark.parametrize("harm", [damage, truncate, empty])
def test_a_damaged_file_is_refused_with_a_sentence_and_can_be_rebuilt(tmp_path, harm):
    get(tmp_path)
    harm(home(tmp_path) / "vectors.npy")
    assert not ready(home(tmp_path))
    with pytest.raises(store.CorruptFileError, match="under500 prepare") as error:
        load(home(tmp_path))
    assert "\n" not in str(error.value)
    assert np.array_equal(get(tmp_path), expected(TEXTS))


def test_vectors_that_are_not_built_say_what_to_run(tmp_path):
    assert not ready(home(tmp_path))
    with pytest.raises(store.StoreError, match="under500 prepare"):
        load(home(tmp_path))


def test_changed_texts_or_another_model_never_meet_old_vectors(tmp_path):
    get(tmp_path)
    others = [text + "!" for text in TEXTS]
    found = get(tmp_path, texts=others, name="c" * 64)
    assert np.array_equal(found, expected(others))
    embed = FakeEmbedder()
    get(tmp_path, embed, model="d" * 64)
    assert len(embed.calls) == 3
    assert np.array_equal(get(tmp_path), expected(TEXTS))


def test_a_full_disk_is_one_sentence_and_finished_shards_stay(tmp_path, monkeypatch):
    save, writes = np.save, []

    def full(stream, array, **options):
        writes.append(array)
        if len(writes) > 2:
            stream.write(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(stream, array, **options)

    with monkeypatch.context() as patch:
        patch.setattr(vectors.np, "save", full)
        with pytest.raises(store.StoreError, match="disk is full") as error:
            get(tmp_path)
    assert "\n" not in str(error.value)
    assert len(list(home(tmp_path).glob("shard-*.npy"))) == 2
    assert not list(home(tmp_path).glob("*.part"))
    embed = FakeEmbedder()
    assert np.array_equal(get(tmp_path, embed), expected(TEXTS))
    assert len(embed.calls) == 1


def test_an_embedder_of_the_wrong_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\(3,\) .* 256"):
        get(tmp_path, lambda texts: np.zeros(3))
