"""Export of a torch Llama to a GGUF file in F32, for llama.cpp.

The vocabulary is copied from an existing GGUF: converting a Hugging Face tokenizer to GGUF fields has many
special cases, and a tuned or pruned model keeps its tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import gguf as gguf_package
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from harness.errors import WrongUseError
from harness.models.gguf import file
from harness.models.gguf.file import Field
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
    with file.written(out) as part:
        writer = gguf_package.GGUFWriter(part, gguf_package.MODEL_ARCH_NAMES[ARCHITECTURE])
        try:
            _describe(writer, model, name)
            for key, field in copied.items():
                if field.value != []:  # GGUFWriter rejects empty lists
                    writer.add_key_value(key, field.value, field.type, field.item_type)
            for tensor_name, tensor in _tensors(model):
                writer.add_tensor(tensor_name, tensor)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
        finally:
            writer.close()
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


def _tensors(model: PreTrainedModel) -> Iterator[tuple[str, np.ndarray]]:
    """Yield every weight under its GGUF name, float32, without an output layer tied to the embedding.

    Raises WrongUseError for a weight that a plain Llama does not have, or that is not finite.
    """
    names = gguf_package.get_tensor_name_map(ARCHITECTURE, len(model.model.layers))
    tied = torch.equal(model.lm_head.weight, model.model.embed_tokens.weight)
    for source, weight in model.state_dict().items():
        if tied and source == "lm_head.weight":
            continue
        target = names.get_name(source, try_suffixes=(".weight",))
        if target is None:
            raise WrongUseError(
                f"The model has the weights {source}, which a plain Llama lacks: merge its adapters "
                "first (`merge_and_unload`)."
            )
        if not weight.isfinite().all():
            raise WrongUseError(
                f"{source} holds numbers that are not finite: the training went wrong; "
                "train again at a lower learning rate."
            )
        yield target, _rotary(source, weight.detach().float().cpu(), model.config).numpy()


def _rotary(name: str, weight: torch.Tensor, config: LlamaConfig) -> torch.Tensor:
    """Return the weight with the rows of q and k in llama.cpp's order for rotary embeddings.

    Within each head, torch rotates row i with row i + head_dim/2, and llama.cpp row 2i with row 2i + 1; see
    `permute` in llama.cpp's conversion of Llama.
    """
    if "q_proj" in name:
        heads = config.num_attention_heads
    elif "k_proj" in name:
        heads = config.num_key_value_heads
    else:
        return weight
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
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
