"""MiniLM in llama.cpp beside MiniLM in torch, on the packaged weights."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import llama_cpp
import numpy as np
import psutil
import pytest
import torch
from transformers import AutoModel

from harness.errors import WrongUseError
from harness.models.catalog import MINILM
from harness.models.engines import llama_encoder
from harness.models.engines.embedding import MAX_TOKENS, embedder
from harness.models.engines.llama_loading import NO_MEMORY, NotEnoughMemoryError
from harness.models.gguf.export_encoder import export_encoder
from harness.store import StoreError

TEXTS = ["How long is the warranty?", "reset", "Does it float? " * 100, "¿Dónde está? 东京 🙂"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "minilm.gguf"
    model = AutoModel.from_pretrained(MINILM.verified().parent, dtype=torch.float32)
    return export_encoder(model, path, "MiniLM")


@pytest.fixture(scope="module")
def encoder(path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llama_encoder, "encoder_file", lambda: path)
        yield llama_encoder.LlamaEncoder()


def test_the_vectors_are_those_of_torch_whatever_the_length(encoder):
    cosines = (encoder(TEXTS) * embedder()(TEXTS)).sum(1)
    assert cosines.min() > 0.99999


def test_vectors_have_unit_norm_and_do_not_depend_on_what_came_before(encoder):
    first, _, again = encoder([TEXTS[0]]), encoder([TEXTS[2]]), encoder([TEXTS[0]])
    assert first.dtype == np.float32 and first.shape == (1, 384)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("count", [0, MAX_TOKENS + 1])
def test_a_text_of_another_length_is_refused(encoder, count):
    with pytest.raises(WrongUseError, match=f"not {count}"):
        encoder.feed([101] * count)


def test_without_its_file_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(llama_encoder, "encoder_file", lambda: tmp_path / "missing.gguf")
    with pytest.raises(StoreError, match="missing"):
        llama_encoder.LlamaEncoder()


def test_threads_that_share_it_take_turns(encoder, monkeypatch):
    encode, inside, most = llama_cpp.llama_encode, [], []

    def watched(*arguments):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)  # other threads may run
        status = encode(*arguments)
        inside.pop()
        return status

    monkeypatch.setattr(llama_cpp, "llama_encode", watched)
    texts = [[f"How long is {number}?"] for number in range(8)]
    with ThreadPoolExecutor(4) as users:
        together = list(users.map(encoder, texts))
    assert max(most) == 1
    assert np.array_equal(together, list(map(encoder, texts)))


def test_no_texts_have_no_vectors(encoder):
    vectors = encoder([])
    assert vectors.shape == (0, 384) and vectors.dtype == np.float32


def test_threads_that_ask_at_once_get_the_same_encoder(monkeypatch):
    def slow():
        time.sleep(0.02)  # other threads may run
        return object()

    monkeypatch.setattr(llama_encoder, "_encoder", cache(slow))
    with ThreadPoolExecutor(4) as users:
        found = list(users.map(lambda _: llama_encoder.encoder(), range(4)))
    assert len(set(found)) == 1


def test_every_batch_is_freed(encoder, monkeypatch):
    calls = []
    for name in ("llama_batch_init", "llama_batch_free"):
        original = getattr(llama_cpp, name)

        def noted(*arguments, name=name, original=original):
            calls.append(name)
            return original(*arguments)

        monkeypatch.setattr(llama_cpp, name, noted)
    encoder(TEXTS)
    assert calls == ["llama_batch_init", "llama_batch_free"] * len(TEXTS)


def test_a_text_without_memory_is_a_sentence(encoder, monkeypatch):
    monkeypatch.setattr(llama_cpp, "llama_encode", lambda *_: NO_MEMORY)
    with pytest.raises(NotEnoughMemoryError, match="close other programs"):
        encoder(TEXTS)


def test_an_encoder_that_does_not_fit_is_a_sentence(path, monkeypatch):
    monkeypatch.setattr(llama_encoder, "encoder_file", lambda: path)
    little = psutil.virtual_memory()._replace(available=1_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    with pytest.raises(NotEnoughMemoryError, match="1 MB are free"):
        llama_encoder.LlamaEncoder()
