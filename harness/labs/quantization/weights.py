"""The weights in a GGUF file as numbers, and the bytes that a decode step reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUF_DEFAULT_ALIGNMENT, GGMLQuantizationType
from gguf.quants import dequantize

from harness.errors import WrongUseError
from harness.measure.model_files.roofline import kv_bytes_per_token
from harness.models.gguf import file
from harness.models.gguf.format import Tensor, opened

BITS = 8
ALIGNMENT = "general.alignment"
PLAIN = {"F32": np.float32, "F16": np.float16}


def read_weights(path: Path, name: str) -> np.ndarray:
    """Return the matrix `name` of a file, dequantised, shape (rows, columns), float32.

    Raises WrongUseError if the file has no such tensor, and what `harness.models.gguf.file.inspect` raises.
    """
    tensor, packed = _packed(path, name)
    kind = GGMLQuantizationType[tensor.type]
    rows = np.frombuffer(packed, np.uint8).reshape(*reversed(tensor.shape[1:]), -1)
    if tensor.type in PLAIN:
        return rows.view(PLAIN[tensor.type]).astype(np.float32)
    return dequantize(rows, kind).astype(np.float32)


def _packed(path: Path, name: str) -> tuple[Tensor, bytes]:
    """Return a tensor and its bytes. Each tensor starts at the next multiple of the alignment."""
    with opened(path) as reader:
        fields, tensors, _ = reader.header()
        alignment = fields[ALIGNMENT].value if ALIGNMENT in fields else GGUF_DEFAULT_ALIGNMENT
        start = reader.at
        for tensor in tensors:
            start = -(-start // alignment) * alignment
            if tensor.name == name:
                return tensor, bytes(reader.data[start : start + tensor.bytes])
            start += tensor.bytes
    raise _missing(path, name)


def _missing(path: Path, name: str) -> WrongUseError:
    return WrongUseError(
        f"{path.name} has no tensor {name!r}: the `tensors` of its header have the names."
    )


def bits_a_weight(path: Path, name: str) -> float:
    """Return the bits per weight of the matrix `name` in the file, its share of the scales included.

    Raises WrongUseError if the file has no such tensor.
    """
    for tensor in file.inspect(path).tensors:
        if tensor.name == name:
            return BITS * tensor.bytes / tensor.parameters
    raise _missing(path, name)


def weight_bytes(path: Path) -> int:
    """Return the bytes of weights read per decoded token.

    An output layer that shares the embedding counts once.
    """
    return sum(file.inspect(path).bytes_by_type.values())


def kv_bytes(path: Path, tokens: int) -> float:
    """Return the bytes of the KV cache of `tokens` tokens, in llama.cpp's default precision."""
    header = file.inspect(path)
    fields = file.metadata(path, f"{header.architecture}.")
    heads = fields[f"{header.architecture}.attention.head_count"].value
    kv_field = fields.get(f"{header.architecture}.attention.head_count_kv")
    width = fields[f"{header.architecture}.embedding_length"].value
    kv_heads = kv_field.value if kv_field else heads
    return tokens * kv_bytes_per_token(header.layers or 1, kv_heads, width // heads)
