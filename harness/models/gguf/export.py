"""Export of a torch Llama to a GGUF file in F32, for llama.cpp.

The vocabulary is copied from an existing GGUF: converting a Hugging Face tokenizer to GGUF fields has many
special cases, and a tuned or pruned model keeps its tokenizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import gguf as gguf_package
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from harness.errors import WrongUseError
from harness.models.gguf import file
from harness.models.gguf.file import Field
from harness.models.gguf.model_writer import add_weights, model_writer
from harness.models.gguf.vocabulary import TOKENS, reduced
from harness.store import StoreError

ARCHITECTURE = gguf_package.MODEL_ARCH.LLAMA


def export(
    model: PreTrainedModel,
    tokenizer_source: Path,
    out: Path,
    name: str,
    kept: Sequence[int] | None = None,
) -> Path:
    """Write `model` to `out` in F32, with a seal, and return `out`; the same weights give the same bytes.

    tokenizer_source: a GGUF with the model's own vocabulary; its tokenizer and licence fields are copied.
    kept: the ids of the tokens that the model has, if it lacks some of that vocabulary. Raises WrongUseError
    for a model that is not a plain Llama or has another vocabulary, and StoreError.
    """
    _check(model)
    copied = file.metadata(tokenizer_source, "tokenizer.")
    if kept is not None:
        copied = reduced(copied, kept)
    copied |= file.metadata(tokenizer_source, "general.license")
    _check_vocabulary(model, copied, tokenizer_source)
    names = gguf_package.get_tensor_name_map(ARCHITECTURE, len(model.model.layers))
    with model_writer(out, ARCHITECTURE) as writer:
        _describe(writer, model, name)
        for key, field in copied.items():
            if field.value != []:  # GGUFWriter rejects empty lists
                writer.add_key_value(key, field.value, field.type, field.item_type)
        add_weights(writer, _weights(model), names, partial(_rotary, model.config))
    return out


def _describe(writer: gguf_package.GGUFWriter, model: PreTrainedModel, name: str) -> None:
    config = model.config
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(gguf_package.LlamaFileType.ALL_F32)
    writer.add_block_count(len(model.model.layers))
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Return every weight, without an output layer tied to the embedding."""
    weights = model.state_dict()
    if torch.equal(model.lm_head.weight, model.model.embed_tokens.weight):
        del weights["lm_head.weight"]
    return weights


def _rotary(config: LlamaConfig, name: str, weight: torch.Tensor) -> torch.Tensor:
    """Return the weight in float32, with the rows of q and k in llama.cpp's order for rotary embeddings.

    Within each head, torch rotates row i with row i + head_dim/2, and llama.cpp row 2i with row 2i + 1; see
    `permute` in llama.cpp's conversion of Llama.
    """
    if "q_proj" in name:
        heads = config.num_attention_heads
    elif "k_proj" in name:
        heads = config.num_key_value_heads
    else:
        return weight.float()
    rows, columns = weight.shape
    halves = weight.float().reshape(heads, 2, rows // heads // 2, columns)
    return halves.transpose(1, 2).reshape(rows, columns)


def _check(model: PreTrainedModel) -> None:
    """Raise WrongUseError for a model that llama.cpp would compute differently, or not at all."""
    if not isinstance(model, LlamaForCausalLM):
        raise WrongUseError(
            f"Only a LlamaForCausalLM can be exported, not a {type(model).__name__}: "
            "merge its adapters first, or name another model."
        )
    config = model.config
    rope = config.rope_parameters.get("rope_type", "default")
    rope_part = config.rope_parameters.get("partial_rotary_factor", 1)
    widths = {layer.mlp.gate_proj.weight.shape[0] for layer in model.model.layers}
    unsupported = {
        f"rotary scaling {rope!r}": rope != "default",
        "rotary positions in a part of each head": rope_part != 1,
        "an attention bias": config.attention_bias,
        "a bias in its feed-forward layers": config.mlp_bias,
        f"the activation {config.hidden_act!r} instead of 'silu'": config.hidden_act != "silu",
        "feed-forward layers of another width than its config": widths - {config.intermediate_size},
    }
    features = [feature for feature, present in unsupported.items() if present]
    if features:
        raise WrongUseError(f"A model with {features[0]} cannot be exported: use one without.")


def _check_vocabulary(model: PreTrainedModel, fields: dict[str, Field], source: Path) -> None:
    """Raise StoreError for a source without a tokenizer, WrongUseError for one of another size."""
    tokens = fields[TOKENS].value if TOKENS in fields else None
    if not tokens:
        raise StoreError(
            f"{source.name} holds no tokenizer: name the GGUF that the model was made from."
        )
    rows = model.model.embed_tokens.weight.shape[0]
    if len(tokens) != rows:
        raise WrongUseError(
            f"{source.name} has {len(tokens):,} tokens and the model {rows:,}: "
            "name the GGUF that the model was made from."
        )
