"""The effect of a prefix cache: time to first token for the same passages in several layouts of the prompt.

llama.cpp keeps the keys and values of the last prompt up to the first token that differs. So the layout
decides: parts that never change come first, parts that change with every request come last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gguf import GGUFReader

from harness.assistant import Chunk
from harness.models.engines.llama_model import LlamaModel

NS_PER_MS = 1e6
BYTES = 2  # a key or a value takes 16 bits


@dataclass(frozen=True, slots=True)
class Prefill:
    """The prefill of one prompt: ms to the first token, tokens of the prompt, and how many were reused."""

    ttft_ms: float
    tokens: int
    reused: int


def prefill(model: LlamaModel, prompt: str) -> Prefill:
    """Prefill `prompt` after whatever the model holds already, and decode the first token of the answer."""
    tokens = model.context.tokens(prompt)
    start = time.perf_counter_ns()
    reused = model.context.read(tokens)
    next(model.context.greedy())
    return Prefill((time.perf_counter_ns() - start) / NS_PER_MS, len(tokens), reused)


def measure_layouts(
    model: LlamaModel, prompts: Mapping[str, Callable[[int], tuple[str, str]]], rounds: int
) -> dict[str, list[Prefill]]:
    """Return `rounds` measurements for each name, taken in turn.

    prompts: number of the round -> (the earlier prompt, not timed; the prompt that is timed). If the earlier
    one is empty, the model starts cold.
    """
    prefills: dict[str, list[Prefill]] = {name: [] for name in prompts}
    for number in range(rounds):
        for name, pair in prompts.items():
            before, prompt = pair(number)
            model.forget()
            if before:
                prefill(model, before)
            prefills[name].append(prefill(model, prompt))
    return prefills


def kv_bytes(gguf: Path, tokens: int) -> int:
    """Return the bytes of keys and values: 2 x layers x key heads x head size x 2 bytes for each token.

    gguf: the model file, whose header names the sizes (of the llama architecture).
    """
    fields = GGUFReader(gguf).fields
    layers, heads, key_heads, width = (
        int(fields[f"llama.{name}"].contents())
        for name in (
            "block_count",
            "attention.head_count",
            "attention.head_count_kv",
            "embedding_length",
        )
    )
    return 2 * layers * key_heads * (width // heads) * BYTES * tokens


def passages(chunks: Sequence[Chunk]) -> list[tuple[str, str]]:
    """Return (id, title and text) of each chunk, as a layout takes them."""
    return [(chunk.id, f"{chunk.title}. {chunk.text}") for chunk in chunks]
