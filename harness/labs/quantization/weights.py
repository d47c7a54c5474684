"""The weights in a GGUF file as numbers, and what a model keeps of each token beside them."""

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


def weights(path: Path, name: str) -> np.ndarray:
    """One matrix of the file, unpacked: (rows, columns), float32.

    Raises WrongUseError for a tensor that is not there, and what `gguf.inspect` raises.
    """
    tensor, packed = _packed(path, name)
    kind = GGMLQuantizationType[tensor.type]
    rows = np.frombuffer(packed, np.uint8).reshape(*reversed(tensor.shape[1:]), -1)
    if tensor.type in PLAIN:
        return rows.view(PLAIN[tensor.type]).astype(np.float32)
    return dequantize(rows, kind).astype(np.float32)


def _packed(path: Path, name: str) -> tuple[Tensor, bytes]:
    """A tensor and its bytes. Tensors lie one behind the other, each from a multiple of the alignment on."""
    with opened(path) as reader:
        fields, tensors, _ = reader.header()
        step = fields[ALIGNMENT].value if ALIGNMENT in fields else GGUF_DEFAULT_ALIGNMENT
        at = reader.at
        for tensor in tensors:
            at = -(-at // step) * step
            if tensor.name == name:
                return tensor, bytes(reader.data[at : at + tensor.bytes])
            at += tensor.bytes
    raise _missing(path, name)


def _missing(path: Path, name: str) -> WrongUseError:
    return WrongUseError(f"{path.name} has no tensor {name!r}: `gguf.inspect` lists them.")


def bits_a_weight(path: Path, name: str) -> float:
    """What a weight of that matrix takes in the file, its share of the scales included."""
    for tensor in file.inspect(path).tensors:
        if tensor.name == name:
            return BITS * tensor.bytes / tensor.parameters
    raise _missing(path, name)


def weight_bytes(path: Path) -> int:
    """All that is multiplied with for a token; an output layer shared with the embedding counts once."""
    return sum(file.inspect(path).bytes_by_type.values())


def kv_bytes(path: Path, tokens: int) -> float:
    """Keys and values of `tokens` tokens in the cache, as llama.cpp keeps them."""
    header = file.inspect(path)
    known = file.metadata(path, f"{header.architecture}.")
    heads = known[f"{header.architecture}.attention.head_count"].value
    shared = known.get(f"{header.architecture}.attention.head_count_kv")
    width = known[f"{header.architecture}.embedding_length"].value
    kv_heads = shared.value if shared else heads
    return tokens * kv_bytes_per_token(header.layers or 1, kv_heads, width // heads)
