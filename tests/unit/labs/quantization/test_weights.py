"""Weights out of a file, unpacked, and the bytes that a decoded token moves."""

import numpy as np
import pytest

from harness.errors import WrongUseError
from harness.labs.quantization.weights import bits_a_weight, kv_bytes, weight_bytes, weights
from harness.models.catalog import SMOLLM2
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from tests.tiny import tiny_llama

NAME = "blk.0.ffn_up.weight"


def test_the_packaged_model_unpacks_and_knows_its_bytes():
    path = SMOLLM2.path()
    matrix = weights(path, NAME)
    assert matrix.shape == (1536, 576)
    assert matrix.dtype == np.float32
    assert 0.01 < matrix.std() < 1
    assert bits_a_weight(path, NAME) == 5.0  # Q4_1: four bits, a scale and a minimum for 32
    assert (
        kv_bytes(path, 10) == 10 * 2 * 30 * 3 * 64 * 2
    )  # layers, shared heads, width, half precision
    assert 90e6 < weight_bytes(path) < path.stat().st_size


def test_what_was_exported_comes_back_and_rounded_comes_close(tmp_path):
    model = tiny_llama(layers=2, vocabulary=49152)
    full = export(model, SMOLLM2.path(), tmp_path / "full.gguf", "tiny")
    rounded = quantize(full, "Q8_0", tmp_path / "rounded.gguf")
    there = model.model.layers[1].mlp.down_proj.weight.detach().numpy()
    name = "blk.1.ffn_down.weight"
    assert np.array_equal(weights(full, name), there)
    assert 0 < np.abs(weights(rounded, name) - there).max() < np.abs(there).max() / 127


def test_a_tensor_that_is_not_there_is_named():
    for look in (weights, bits_a_weight):
        with pytest.raises(WrongUseError, match=r"no tensor 'blk\.99"):
            look(SMOLLM2.path(), "blk.99.x")
