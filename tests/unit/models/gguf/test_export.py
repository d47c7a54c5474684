"""A tiny random Llama, exported and read by the real llama.cpp; no prepared files needed."""

import errno

import llama_cpp
import numpy as np
import pytest
import torch
from gguf import GGUFWriter
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from harness import store
from harness.errors import WrongUseError
from harness.models.catalog import SMOLLM2
from harness.models.gguf import export as exporting
from harness.models.gguf import file
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from harness.models.lora.tune import with_adapter

VOCABULARY = 49152  # llama.cpp wants one row of the embedding for each token that it was given
PROMPT = np.random.default_rng(0).integers(20, VOCABULARY, 24).tolist()
ROPE = {"rope_type": "default", "rope_theta": 100_000.0}


def llama(layers=2, vocabulary=VOCABULARY, **changes):
    """Weights large enough for attention to matter; half as many key heads as query heads."""
    torch.manual_seed(0)
    shape = {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "initializer_range": 0.2,
        "tie_word_embeddings": True,
        "rope_parameters": ROPE,
    }
    return LlamaForCausalLM(LlamaConfig(**shape | changes)).eval()


@torch.inference_mode()
def torch_logits(model):
    return model(torch.tensor([PROMPT])).logits[0].float().numpy()


def llama_cpp_logits(path):
    """Keys and values in F32 too, so that only the order of additions differs from torch."""
    float32 = llama_cpp.GGML_TYPE_F32
    engine = llama_cpp.Llama(
        str(path),
        n_ctx=256,
        n_threads=1,
        n_threads_batch=1,
        logits_all=True,
        type_k=float32,
        type_v=float32,
        verbose=False,
    )
    engine.eval(PROMPT)
    return np.array(engine.scores[: len(PROMPT)])


@pytest.fixture(scope="module")
def model():
    return llama()


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "tiny.gguf"
    return export(model, SMOLLM2.path(), out, "tiny llama")


@pytest.fixture
def vocabulary(tmp_path):
    """Return a GGUF with a tokenizer of 32 tokens, for what never reaches llama.cpp."""
    path = tmp_path / "vocabulary.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_string("general.license", "apache-2.0")
    writer.add_array("tokenizer.ggml.tokens", [f"token {i}" for i in range(32)])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def test_llama_cpp_computes_what_torch_computes(model, exported):
    assert np.abs(llama_cpp_logits(exported) - torch_logits(model)).max() < 1e-3


@pytest.mark.parametrize(
    "changes", [{"layers": 3}, {"tie_word_embeddings": False}, {"head_dim": 8}]
)
def test_so_it_does_for_other_shapes(changes, tmp_path):
    model = llama(**changes)
    path = export(model, SMOLLM2.path(), tmp_path / "other.gguf", "other")
    assert file.inspect(path).layers == len(model.model.layers)
    assert np.abs(llama_cpp_logits(path) - torch_logits(model)).max() < 1e-3


def test_without_the_rotary_order_it_would_be_another_model(model, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_rotary", lambda config, name, weight: weight)
    path = export(model, SMOLLM2.path(), tmp_path / "wrong.gguf", "wrong")
    difference = np.abs(llama_cpp_logits(path) - torch_logits(model)).max(axis=1)
    assert difference[0] < 1e-3  # position 0 is not turned at all
    assert difference[8:].min() > 0.1


def test_quantised_to_8_bits_it_is_still_that_model(model, exported, tmp_path):
    path = quantize(exported, "Q8_0", tmp_path / "tiny-q8.gguf")
    wanted, got = torch_logits(model), llama_cpp_logits(path)
    assert np.corrcoef(wanted.ravel(), got.ravel())[0, 1] > 0.99


def test_the_file_says_what_it_is(exported):
    header = file.usable(exported)
    assert (header.architecture, header.name, header.file_type) == ("llama", "tiny llama", "F32")
    assert (header.layers, header.context) == (2, 256)
    assert list(header.by_type) == ["F32"]
    assert "output.weight" not in {tensor.name for tensor in header.tensors}  # tied


def test_the_tokenizer_is_that_of_the_source(exported):
    assert file.metadata(exported, "tokenizer.") == file.metadata(SMOLLM2.path(), "tokenizer.")


def test_the_same_weights_give_the_same_bytes(vocabulary, tmp_path):
    model = llama(vocabulary=32)
    paths = [export(model, vocabulary, tmp_path / name / "a.gguf", "a") for name in ("x", "y")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert all(map(store.intact, paths))


def test_half_precision_is_written_as_float32(vocabulary, tmp_path):
    model = llama(vocabulary=32).bfloat16()
    header = file.inspect(export(model, vocabulary, tmp_path / "half.gguf", "half"))
    assert list(header.by_type) == ["F32"]


def test_the_licence_travels_with_the_weights(vocabulary, tmp_path):
    path = export(llama(vocabulary=32), vocabulary, tmp_path / "a.gguf", "a")
    assert file.metadata(path, "general.license")["general.license"].value == b"apache-2.0"


UNLIKE = {
    "rotary scaling 'linear'": {"rope_parameters": ROPE | {"rope_type": "linear", "factor": 2.0}},
    "an attention bias": {"attention_bias": True},
    "a bias in its feed-forward": {"mlp_bias": True},
    "the activation 'gelu'": {"hidden_act": "gelu"},
}


@pytest.mark.parametrize("sentence,changes", UNLIKE.items(), ids=UNLIKE)
def test_what_llama_cpp_would_compute_differently_is_refused(
    sentence, changes, vocabulary, tmp_path
):
    with pytest.raises(WrongUseError, match=sentence):
        export(llama(vocabulary=32, **changes), vocabulary, tmp_path / "out.gguf", "out")
    assert not (tmp_path / "out.gguf").exists()


def adapted():
    return with_adapter(llama(vocabulary=32), rank=2, alpha=4)


def narrowed():
    model = llama(vocabulary=32)
    model.model.layers[1].mlp.gate_proj = torch.nn.Linear(64, 32, bias=False)
    return model


def exploded():
    model = llama(vocabulary=32)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[3, 4] = torch.inf
    return model


def mistral():
    shape = {"vocab_size": 32, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    return MistralForCausalLM(
        MistralConfig(**shape, num_attention_heads=2, num_key_value_heads=2, head_dim=8)
    )


REFUSED = {
    "another model": (mistral, "not a MistralForCausalLM"),
    "an adapter around it": (adapted, "not a Peft.*merge its adapters"),
    "an adapter inside": (lambda: adapted().get_base_model(), "lacks: merge its adapters"),
    "another width": (narrowed, "another width"),
    "infinite numbers": (exploded, "up_proj.weight .* not finite"),
    "another vocabulary": (lambda: llama(vocabulary=31), "32 .* 31"),
}


@pytest.mark.parametrize("make,sentence", REFUSED.values(), ids=REFUSED)
def test_a_model_that_cannot_be_exported_is_refused(make, sentence, vocabulary, tmp_path):
    with pytest.raises(WrongUseError, match=sentence):
        export(make(), vocabulary, tmp_path / "out.gguf", "out")
    assert not list(tmp_path.glob("out*"))


def test_a_source_without_tokenizer_is_refused(vocabulary, tmp_path):
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(
        vocabulary.read_bytes().replace(b"tokenizer.ggml.tokens", b"tokenizer.ggml.nothin")
    )
    with pytest.raises(store.StoreError, match="tokenizer"):
        export(llama(vocabulary=32), bare, tmp_path / "out.gguf", "out")


def test_a_full_disk_leaves_nothing_and_says_so(vocabulary, tmp_path, monkeypatch):
    def full(self, **_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(store.StoreError, match="disk is full"):
        export(llama(vocabulary=32), vocabulary, tmp_path / "out.gguf", "out")
    assert not list(tmp_path.glob("out*"))
