"""Weights of a file, dequantised, and the bytes that a decode step reads."""

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from harness.errors import WrongUseError
from harness.labs.quantization.importance import importance
from harness.labs.quantization.weights import (
    bits_a_weight,
    join_q4,
    kv_bytes,
    packed_bytes,
    read_weights,
    weight_bytes,
    with_bytes,
)
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


def test_other_bytes_are_read_back_and_the_rest_of_the_file_stays(tmp_path):
    path, other = SMOLLM2.path(), "blk.0.ffn_gate.weight"
    packed = packed_bytes(path, other)
    copy = with_bytes(path, {NAME: packed}, tmp_path / "copy.gguf")
    assert packed_bytes(copy, NAME) == packed_bytes(copy, other) == packed
    assert np.array_equal(read_weights(copy, NAME), read_weights(path, other))
    assert copy.stat().st_size == path.stat().st_size
    with pytest.raises(WrongUseError, match="bytes"):
        with_bytes(path, {NAME: packed[:-1]}, tmp_path / "short.gguf")


def test_the_importance_of_an_input_is_its_mean_square_over_all_tokens(tmp_path):
    model = tiny_llama(layers=2, vocabulary=49152)
    full = export(model, SMOLLM2.path(), tmp_path / "full.gguf", "tiny")
    name = "blk.1.ffn_up.weight"
    [(seen, squares)] = importance(full, [name], ["It lasts", "7.5 hours on one charge"]).items()
    assert seen == name
    assert squares.shape == (model.config.hidden_size,)
    assert (squares > 0).all()


def test_joined_codes_are_q4_0_as_the_gguf_package_reads_it():
    rng = np.random.default_rng(4)
    codes, scales = rng.integers(-8, 8, (5, 32)), rng.uniform(0.1, 1, 5).astype(np.float16)
    rows = np.frombuffer(join_q4(codes, scales), np.uint8).reshape(5, -1)
    assert np.allclose(dequantize(rows, GGMLQuantizationType.Q4_0), codes * scales[:, None])
