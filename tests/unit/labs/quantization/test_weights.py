"""Weights of a file, dequantised, and the bytes that a decode step reads."""

import numpy as np
import pytest

from harness.errors import WrongUseError
from harness.labs.quantization.weights import bits_a_weight, kv_bytes, read_weights, weight_bytes
from harness.models.catalog import SMOLLM2
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from tests.tiny import tiny_llama

NAME = "blk.0.ffn_up.weight"


def test_weights_and_bytes_of_the_packaged_model():
    path = SMOLLM2.path()
    matrix = read_weights(path, NAME)
    assert matrix.shape == (1536, 576)
    assert matrix.dtype == np.float32
    assert 0.01 < matrix.std() < 1
    assert bits_a_weight(path, NAME) == 5.0  # Q4_1: four bits, a scale and a minimum for 32
    # layers, shared heads, width, half precision
    assert kv_bytes(path, 10) == 10 * 2 * 30 * 3 * 64 * 2
    assert 90e6 < weight_bytes(path) < path.stat().st_size


def test_exported_weights_are_read_back_and_quantised_ones_are_close(tmp_path):
    model = tiny_llama(layers=2, vocabulary=49152)
    full = export(model, SMOLLM2.path(), tmp_path / "full.gguf", "tiny")
    rounded = quantize(full, "Q8_0", tmp_path / "rounded.gguf")
    original = model.model.layers[1].mlp.down_proj.weight.detach().numpy()
    name = "blk.1.ffn_down.weight"
    assert np.array_equal(read_weights(full, name), original)
    assert 0 < np.abs(read_weights(rounded, name) - original).max() < np.abs(original).max() / 127


def test_a_missing_tensor_is_named():
    for function in (read_weights, bits_a_weight):
        with pytest.raises(WrongUseError, match=r"blk\.99"):
            function(SMOLLM2.path(), "blk.99.x")
