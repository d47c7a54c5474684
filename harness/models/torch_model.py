"""A language model in torch, fp32, through transformers: correct, simple, and slow on a CPU."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness import store
from harness.models.catalog import SMOLLM2
from harness.models.weights import WEIGHTS, folder_of


class TorchModel:
    """An unpacked model in fp32. Raises StoreError when its folder is missing or damaged."""

    def __init__(self, folder: Path, name: str) -> None:
        store.verified(folder / WEIGHTS)
        self.name = name
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def count(self, text: str) -> int:
        return len(self.tokenizer(text).input_ids)

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """One piece: the whole text, after the last token. Nothing is streamed."""
        yield self.complete(prompt, max_tokens, stop_at_end)

    @torch.inference_mode()
    def complete(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> str:
        """The greedy continuation of `prompt`, special tokens kept out.

        stop_at_end=False always produces exactly `max_tokens` tokens.
        """
        inputs = self.tokenizer(prompt, return_tensors="pt")
        output = self.model.generate(
            **inputs,
            max_new_tokens=max_tokens,
            min_new_tokens=None if stop_at_end else max_tokens,
            do_sample=False,
            pad_token_id=self.tokenizer.eos_token_id,
        )
        new = output[0, inputs.input_ids.shape[1] :]
        return self.tokenizer.decode(new, skip_special_tokens=True)


@cache
def smollm2() -> TorchModel:
    """The process's one SmolLM2 in torch."""
    return TorchModel(folder_of(SMOLLM2), SMOLLM2.name)
