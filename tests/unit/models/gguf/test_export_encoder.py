"""A tiny random BERT; the packaged MiniLM is compared with torch in test_llama_encoder.py."""

import pytest
import torch
from transformers import BertConfig, BertModel

from harness.errors import WrongUseError
from harness.models.gguf import file
from harness.models.gguf.export_encoder import export_encoder

QUERY = "encoder.layer.0.attention.self.query"


@pytest.fixture
def bert():
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 64, "vocab_size": 50}
    return BertModel(BertConfig(**shape, num_hidden_layers=1, num_attention_heads=2)).eval()


def test_matrices_of_layers_are_f16_and_the_rest_f32(bert, tmp_path):
    tensors = file.inspect(export_encoder(bert, tmp_path / "out.gguf", "tiny")).tensors
    half = {tensor.name for tensor in tensors if tensor.type == "F16"}
    assert half == {t.name for t in tensors if t.name.startswith("blk.") and len(t.shape) == 2}
    assert {tensor.type for tensor in tensors if tensor.name not in half} == {"F32"}


@pytest.mark.parametrize(
    "weight,number",
    [
        (f"{QUERY}.weight", 1e5),  # more than F16 holds
        (f"{QUERY}.weight", torch.nan),
        (f"{QUERY}.bias", torch.inf),
        ("embeddings.word_embeddings.weight", torch.nan),
    ],
)
def test_numbers_that_the_file_cannot_hold_are_refused(bert, tmp_path, weight, number):
    with torch.no_grad():
        bert.state_dict()[weight].view(-1)[3] = number
    with pytest.raises(WrongUseError, match=f"{weight} .* not finite"):
        export_encoder(bert, tmp_path / "out.gguf", "tiny")
    assert not list(tmp_path.glob("out*"))


def test_a_large_number_is_kept_where_the_file_has_f32(bert, tmp_path):
    with torch.no_grad():
        bert.state_dict()[f"{QUERY}.bias"][3] = 1e5
    assert export_encoder(bert, tmp_path / "out.gguf", "tiny").exists()


def test_weights_that_llama_cpp_lacks_are_refused(bert, tmp_path):
    bert.register_parameter("extra", torch.nn.Parameter(torch.ones(2)))
    with pytest.raises(WrongUseError, match="extra"):
        export_encoder(bert, tmp_path / "out.gguf", "tiny")
