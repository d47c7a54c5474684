"""Making the offline tier's files from the packaged weights and the committed adapters.

The packaged GGUF holds 4-bit values; unpacking them gives fp32 numbers, not the original model's precision.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from harness import store
from harness.models.catalog import SMOLLM2
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from harness.models.lora.prune import pruned
from harness.models.lora.tune import merged
from harness.models.offline import BUILT, FULL, KEPT, LARGE, STUDENT, WEIGHTS


def build_large() -> None:
    """The tuned model in fp32, for torch and for llama.cpp. Raises StoreError."""
    model = merged(unpacked(), LARGE.adapter)
    tokenizer().save_pretrained(LARGE.folder)
    model.config.save_pretrained(LARGE.folder)
    with store.written(LARGE.folder / WEIGHTS) as part:
        save_file(dict(_tensors(model)), part, metadata={"format": "pt"})
    export(model, SMOLLM2.path(), LARGE.gguf(FULL), LARGE.name)


def build_student() -> None:
    """The student in fp32, for llama.cpp; needs the large model. Raises StoreError."""
    student = merged(pruned_large(), STUDENT.adapter)
    export(student, SMOLLM2.path(), STUDENT.gguf(FULL), STUDENT.name)


def build_quantised(say: Callable[[str], None]) -> None:
    """Every kind that is missing, made by llama.cpp's own quantiser from the full file. Raises StoreError.

    say: hears of each file that is made, and of older models that are deleted.
    """
    for model, kind in ((one, kind) for one in BUILT for kind in one.kinds):
        file = model.gguf(kind)
        if not store.intact(file):
            quantize(store.verified(model.gguf(FULL)), kind, file)
            say(f"{file.name}: {file.stat().st_size / 1e6:,.0f} MB")
    for folder in remove_outdated():
        say(f"{folder.name}: made from an older adapter, deleted")


def remove_outdated() -> list[Path]:
    """Delete what earlier adapters were merged into; gigabytes that nothing reads. Returns the folders."""
    kept = {model.folder for model in BUILT}
    old = [f for m in BUILT for f in m.folder.parent.glob(f"{m.name}-*") if f not in kept]
    for folder in old:
        shutil.rmtree(folder)
    return old


def unpacked() -> PreTrainedModel:
    """The packaged model in fp32, in memory: about 15 s. Raises StoreError when it is missing or damaged."""
    path = SMOLLM2.verified()
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    model.config = copy.deepcopy(model.config)
    del model.config.quantization_config  # the numbers are plain now
    return _named(model, SMOLLM2.origin)


def large() -> PreTrainedModel:
    """The tuned model in fp32, in memory. Raises StoreError when it is not built, or damaged."""
    folder = store.verified(LARGE.folder / WEIGHTS).parent
    return _named(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), LARGE.name)


def pruned_large() -> PreTrainedModel:
    """The student before it is healed. Raises StoreError when the large model is not built, or damaged."""
    return pruned(large(), KEPT)


def tokenizer() -> AutoTokenizer:
    """The tokenizer of every model of the offline tier."""
    return AutoTokenizer.from_pretrained(SMOLLM2.path().parent, gguf_file=SMOLLM2.weights)


def _named(model: PreTrainedModel, name: str) -> PreTrainedModel:
    """An adapter notes what it belongs to: a name, not a path on this machine."""
    model.name_or_path = model.config._name_or_path = name
    return model


def _tensors(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights by name; an output layer that is the embedding again is left out."""
    for name, tensor in model.state_dict().items():
        if not (model.config.tie_word_embeddings and name == "lm_head.weight"):
            yield name, tensor.contiguous()
