"""A language model in torch, fp32, with transformers: simple, and slow on a CPU."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tokenizers.decoders import DecodeStream
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness import store
from harness.models.offline import LARGE, WEIGHTS

# Newer versions of transformers call the argument `cache`, which the oldest supported ones do not know.
warnings.filterwarnings("ignore", message="`past_key_values` is deprecated", category=FutureWarning)


class TorchModel:
    """An unpacked model in fp32. Raises StoreError if its folder is missing or damaged."""

    def __init__(self, folder: Path, name: str) -> None:
        store.check_seal(folder / WEIGHTS)
        self.name = name
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def forget(self) -> None:
        """Do nothing, as each prompt is read from its first token."""

    def warm(self, prefix: str) -> None:
        """Do nothing, for the same reason."""

    def count(self, text: str) -> int:
        return len(self.tokenizer(text).input_ids)

    def stream(self, prompt: str, max_tokens: int, stop_at_end: bool = True) -> Iterator[str]:
        """Yield pieces of whole characters, token by token; nothing is kept for the next prompt."""
        pieces = DecodeStream(skip_special_tokens=True)
        for token in self._greedy(prompt, max_tokens):
            if token == self.tokenizer.eos_token_id:
                if stop_at_end:
                    return
                yield "\n"  # a model that is not stopped starts another turn
            elif piece := pieces.step(self.tokenizer.backend_tokenizer, token):
                yield piece

    @torch.inference_mode()
    def every_score(self, text: str) -> np.ndarray:
        """Return the logits after each token of `text`, (tokens, vocabulary), float32."""
        return self.model(self.tokenizer(text, return_tensors="pt").input_ids).logits[0].numpy()

    @torch.inference_mode()
    def _greedy(self, prompt: str, max_tokens: int) -> Iterator[int]:
        ids, past = self.tokenizer(prompt, return_tensors="pt").input_ids, None
        for _ in range(max_tokens):
            output = self.model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)
            ids, past = output.logits[:, -1].argmax(-1, keepdim=True), output.past_key_values
            yield ids.item()


@cache
def large() -> TorchModel:
    """Return the process's one tuned SmolLM2 in torch."""
    return TorchModel(LARGE.folder, LARGE.name)
