"""What a kept prefix saves: time to first token for one set of passages, laid out in several ways.

llama.cpp keeps what the last prompt made it compute, up to the first token that differs. So layout decides:
what never changes first, what changes with every request last.
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
BYTES = 2  # a key or a value is kept in 16 bits


@dataclass(frozen=True, slots=True)
class Reading:
    """One prompt read: ms to the first token of the answer, tokens in all, and those known already."""

    ttft_ms: float
    tokens: int
    known: int


def read(model: LlamaModel, prompt: str) -> Reading:
    """Read `prompt` after whatever the model has read before, up to the first token of the answer."""
    tokens = model.context.tokens(prompt)
    start = time.perf_counter_ns()
    known = model.context.read(tokens)
    next(model.context.greedy())
    return Reading((time.perf_counter_ns() - start) / NS_PER_MS, len(tokens), known)


def layouts(
    model: LlamaModel, prompts: Mapping[str, Callable[[int], tuple[str, str]]], rounds: int
) -> dict[str, list[Reading]]:
    """For each name `rounds` readings, all names in turn.

    prompts: number of the round -> (the prompt before, not on the clock; the prompt that is timed). An empty
    one before means a cold model.
    """
    found: dict[str, list[Reading]] = {name: [] for name in prompts}
    for number in range(rounds):
        for name, pair in prompts.items():
            before, prompt = pair(number)
            model.forget()
            if before:
                read(model, before)
            found[name].append(read(model, prompt))
    return found


def kept_bytes(gguf: Path, tokens: int) -> int:
    """Bytes of the keys and values of `tokens` tokens: 2 x layers x key heads x head size x 2 bytes each.

    gguf: the model file, whose header names the sizes (of llama's architecture).
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


def texts(chunks: Sequence[Chunk]) -> list[tuple[str, str]]:
    """(id, text) of each chunk, as a layout takes them."""
    return [(chunk.id, f"{chunk.title}. {chunk.text}") for chunk in chunks]
