"""The embedding model in torch, to be cut: models with some of its layers."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np
import torch
from transformers import AutoModel, PreTrainedModel

from harness.kb.products import Split
from harness.kb.questions import draw
from harness.models.engines.embedding import embedder

LAYER = "encoder.layer."

Weights = Mapping[str, torch.Tensor]


def encoder() -> PreTrainedModel:
    """Return all-MiniLM-L6-v2. Raises StoreError if its weights are missing or damaged."""
    return embedder().model


def encoder_with(weights: Weights) -> PreTrainedModel:
    """Return an encoder with these weights and as many layers as they have numbers.

    Raises RuntimeError if the names do not fit.
    """
    config = copy.deepcopy(encoder().config)
    numbers = {name.removeprefix(LAYER).split(".")[0] for name in weights if name.startswith(LAYER)}
    config.num_hidden_layers = len(numbers)
    with torch.device("meta"):  # random numbers for eleven million weights would take half a second
        model = AutoModel.from_config(config)
    model.load_state_dict({name: tensor.clone() for name, tensor in weights.items()}, assign=True)
    for name, buffer in encoder().named_buffers():  # not among the weights
        owner, _, own = name.rpartition(".")
        model.get_submodule(owner).register_buffer(own, buffer.clone(), persistent=False)
    return model.eval()


def sentence_vectors(model: PreTrainedModel, texts: list[str]) -> torch.Tensor:
    """Return vectors (n, 384) of unit norm, with gradients: the mean over the tokens, as its authors do."""
    batch = embedder().tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    hidden, mask = model(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


@torch.inference_mode()
def embed(model: PreTrainedModel, texts: list[str]) -> np.ndarray:
    """Return vectors (n, 384) of unit norm, float32."""
    parts = [sentence_vectors(model, texts[i : i + 64]) for i in range(0, len(texts), 64)]
    return torch.cat(parts).numpy()


def question_texts(split: Split, n: int, seed: int) -> list[str]:
    """Return `n` different questions of a split, without history."""
    cases = draw(split, 2 * n, seed, history_turns=0)
    return list(dict.fromkeys(case.question.text for case in cases))[:n]
