"""MiniLM in llama.cpp beside MiniLM in torch, on the packaged weights."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from harness.errors import WrongUseError
from harness.models.catalog import MINILM
from harness.models.engines import llama_encoder
from harness.models.engines.embedding import MAX_TOKENS, embedder
from harness.models.gguf.export_encoder import export_encoder
from harness.store import StoreError

TEXTS = ["How long is the warranty?", "reset", "Does it float? " * 100, "¿Dónde está? 东京 🙂"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "minilm.gguf"
    model = AutoModel.from_pretrained(MINILM.verified().parent, dtype=torch.float32)
    export_encoder(model, path, "MiniLM")
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
