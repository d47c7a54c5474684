"""The weights in a GGUF file as numbers, and the bytes that a decode step reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from gguf import GGUF_DEFAULT_ALIGNMENT, GGMLQuantizationType
from gguf.quants import dequantize

from harness.errors import WrongUseError
from harness.measure.model_files.roofline import kv_bytes_per_token
from harness.models.gguf import file
from harness.models.gguf.format import Tensor, opened

BITS = 8
SHIFT, HALF, HALF_BYTE = 8, 16, 4  # of Q4_0: added to a code, codes in the lower halves, bits
ALIGNMENT = "general.alignment"
PLAIN = {"F32": np.float32, "F16": np.float16}


def read_weights(path: Path, name: str) -> np.ndarray:
    """Return the matrix `name` of a file, dequantised, shape (rows, columns), float32.

    Raises WrongUseError if the file has no such tensor, and what `harness.models.gguf.file.inspect` raises.
    """
    tensor, place = _placed(path, name)
    packed = _read(path, place)
    kind = GGMLQuantizationType[tensor.type]
    rows = np.frombuffer(packed, np.uint8).reshape(*reversed(tensor.shape[1:]), -1)
    if tensor.type in PLAIN:
        return rows.view(PLAIN[tensor.type]).astype(np.float32)
    return dequantize(rows, kind).astype(np.float32)


def packed_bytes(path: Path, name: str) -> bytes:
    """Return the bytes of a tensor as they are stored. Raises as `read_weights` does."""
    return _read(path, _placed(path, name)[1])


def with_bytes(path: Path, packed: Mapping[str, bytes], out: Path) -> Path:
    """Copy the file `path` to `out` with other bytes for these tensors, and return `out`.

    Raises WrongUseError for bytes of another length than the tensor's, and as `read_weights` does.
    """
    shutil.copyfile(path, out)
    with out.open("r+b") as copy:
        for name, content in packed.items():
            _, place = _placed(path, name)
            if len(content) != place.stop - place.start:
                raise WrongUseError(
                    f"{name} takes {place.stop - place.start:,} bytes in {path.name}, and you give "
                    f"{len(content):,}: pack all of its blocks, in this format."
                )
            copy.seek(place.start)
            copy.write(content)
    return out


def join_q4(codes: np.ndarray, scales: np.ndarray) -> bytes:
    """Return the bytes of Q4_0 for codes from -8 to 7, (n, 32), and scales, (n,)."""
    shifted = (codes + SHIFT).astype(np.uint8)
    joined = shifted[:, :HALF] | shifted[:, HALF:] << HALF_BYTE
    return np.hstack([scales.astype("<f2")[:, None].view(np.uint8), joined]).tobytes()


def _read(path: Path, place: slice) -> bytes:
    with path.open("rb") as file_:
        file_.seek(place.start)
        return file_.read(place.stop - place.start)


def _placed(path: Path, name: str) -> tuple[Tensor, slice]:
    """Return a tensor and where its bytes are. Each tensor starts at the next multiple of the alignment."""
    with opened(path) as reader:
        fields, tensors, _ = reader.header()
        alignment = fields[ALIGNMENT].value if ALIGNMENT in fields else GGUF_DEFAULT_ALIGNMENT
        start = reader.at
        for tensor in tensors:
            start = -(-start // alignment) * alignment
            if tensor.name == name:
                return tensor, slice(start, start + tensor.bytes)
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
