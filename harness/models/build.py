"""Building the offline tier's model files from the packaged weights and the committed adapters.

The packaged GGUF holds 4-bit values. Unpacked they are fp32 numbers, but without the original precision.
"""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from harness import store
from harness.models.catalog import MINILM, SMOLLM2
from harness.models.gguf.export import export
from harness.models.gguf.export_encoder import export_encoder
from harness.models.gguf.quantize import quantize
from harness.models.lora.prune import pruned, with_tokens
from harness.models.lora.tune import merged
from harness.models.offline import (
    BUILT,
    COMPACT,
    FULL,
    KEPT,
    KEPT_TOKENS,
    LARGE,
    QUESTIONS,
    STUDENT,
    WEIGHTS,
    encoder_file,
)

# the name of a folder as `BuiltModel.folder` makes it
BUILT_FOLDER = re.compile(r".+-[0-9a-f]{12}")


def build_large() -> None:
    """Build the tuned model in fp32, for torch and for llama.cpp. Raises StoreError."""
    model = merged(unpacked(), LARGE.adapter)
    tokenizer().save_pretrained(LARGE.folder)
    model.config.save_pretrained(LARGE.folder)
    with store.atomic_write(LARGE.folder / WEIGHTS) as part:
        save_file(dict(_tensors(model)), part, metadata={"format": "pt"})
    export(model, SMOLLM2.path(), LARGE.gguf(FULL), LARGE.name)


def build_student() -> None:
    """Build the student in fp32, for llama.cpp, with all tokens and with those of the compact model.

    Requires the large model. Raises StoreError.
    """
    student, tokens = merged(pruned_large(), STUDENT.adapter), np.load(KEPT_TOKENS).tolist()
    export(student, SMOLLM2.path(), STUDENT.gguf(FULL), STUDENT.name)
    compact = with_tokens(student, tokens)
    export(compact, SMOLLM2.path(), COMPACT.gguf(FULL), COMPACT.name, tokens)


def build_encoder() -> None:
    """Build the question encoder, MiniLM with its adapter, for llama.cpp. Raises StoreError."""
    base = AutoModel.from_pretrained(MINILM.verified().parent, dtype=torch.float32)
    export_encoder(merged(base, QUESTIONS), encoder_file(), QUESTIONS.name)


def build_quantised(say: Callable[[str], None]) -> None:
    """Build every missing kind from the F32 file with llama.cpp's own quantiser. Raises StoreError.

    say: called with a line of text for each file made and each outdated model deleted.
    """
    for built, kind in ((model, kind) for model in BUILT for kind in model.kinds):
        file = built.gguf(kind)
        if not store.intact(file):
            quantize(store.check_seal(built.gguf(FULL)), kind, file)
            say(f"{file.name}: {file.stat().st_size / 1e6:,.0f} MB")
    for folder in remove_outdated():
        say(f"{folder.name}: made by an earlier version, deleted")


def remove_outdated() -> list[Path]:
    """Delete model folders of earlier versions, gigabytes that nothing reads, and return their paths.

    Such a folder has the form of a built model's name, but the hash of an older adapter or another model.
    """
    current = {model.folder for model in BUILT}
    outdated = [
        folder
        for folder in sorted(LARGE.folder.parent.glob("*-*"))
        if BUILT_FOLDER.fullmatch(folder.name) and folder.is_dir() and folder not in current
    ]
    for folder in outdated:
        shutil.rmtree(folder)
    return outdated


def unpacked() -> PreTrainedModel:
    """Return the packaged model unpacked to fp32; takes about 15 s.

    Raises StoreError if the package is missing or damaged.
    """
    path = SMOLLM2.verified()
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    model.config = copy.deepcopy(model.config)
    del model.config.quantization_config  # the weights are no longer quantised
    return named(model, SMOLLM2.origin)


def large() -> PreTrainedModel:
    """Return the tuned model in fp32. Raises StoreError if it is not built, or damaged."""
    folder = store.check_seal(LARGE.folder / WEIGHTS).parent
    return named(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), LARGE.name)


def pruned_large() -> PreTrainedModel:
    """Return the student before healing. Raises StoreError if the large model is not built, or damaged."""
    return pruned(large(), KEPT)


def tokenizer() -> AutoTokenizer:
    """Return the tokenizer that all models of the offline tier share."""
    return AutoTokenizer.from_pretrained(SMOLLM2.path().parent, gguf_file=SMOLLM2.weights)


def named(model: PreTrainedModel, name: str) -> PreTrainedModel:
    """Set the name that an adapter records for its base model, instead of a path on this machine."""
    model.name_or_path = model.config._name_or_path = name
    return model


def _tensors(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the weights by name, without the output layer if it is tied to the embedding."""
    for name, tensor in model.state_dict().items():
        if not (model.config.tie_word_embeddings and name == "lm_head.weight"):
            yield name, tensor.contiguous()
