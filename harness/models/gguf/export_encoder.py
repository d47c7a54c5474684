"""Export of MiniLM, an encoder in torch, to a GGUF file in F16, for llama.cpp.

The file has no vocabulary: the tokenizer stays that of transformers.
"""

from __future__ import annotations

from pathlib import Path

import gguf as gguf_package
import torch
from transformers import BertModel

from harness.models.gguf.model_writer import add_weights, model_writer

ARCHITECTURE = gguf_package.MODEL_ARCH.BERT
UNUSED = ("pooler.",)  # a layer for another task; the sentence's vector is the mean of its tokens'


def export_encoder(model: BertModel, out: Path, name: str) -> Path:
    """Write `model` to `out` in F16, with a seal, and return `out`; the same weights give the same bytes.

    Raises WrongUseError for a weight that llama.cpp's BERT does not have or that F16 cannot hold, StoreError.
    """
    names = gguf_package.get_tensor_name_map(ARCHITECTURE, model.config.num_hidden_layers)
    state = model.state_dict()
    weights = {key: weight for key, weight in state.items() if not key.startswith(UNUSED)}
    with model_writer(out, ARCHITECTURE) as writer:
        _describe(writer, model, name)
        add_weights(writer, weights, names, _stored, suffixes=(".weight", ".bias"))
    return out


def _stored(name: str, weight: torch.Tensor) -> torch.Tensor:
    """Return a layer's matrix in float16, and anything else in float32.

    llama.cpp reads vectors in float32 only, and of the tables only the rows of the text's tokens.
    """
    half = name.startswith("encoder.") and weight.ndim == 2
    return weight.to(torch.float16 if half else torch.float32)


def _describe(writer: gguf_package.GGUFWriter, model: BertModel, name: str) -> None:
    config = model.config
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(gguf_package.LlamaFileType.MOSTLY_F16)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf_package.PoolingType.MEAN)
    writer.add_vocab_size(config.vocab_size)
    writer.add_token_type_count(config.type_vocab_size)
    writer.add_tokenizer_model("no_vocab")
