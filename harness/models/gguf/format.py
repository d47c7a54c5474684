"""A reader of GGUF headers, metadata fields and tensor list, that does not trust the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The gguf package's own reader makes an
array of every token of the vocabulary (2 s for SmolLM2) and trusts the sizes in a header; this one skips
fields that are not requested and checks every size first.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.constants import GGUF_DEFAULT_ALIGNMENT

from harness.store import CorruptFileError, StoreError

MAGIC = b"GGUF"
VERSIONS = (2, 3)  # version 1 had 32-bit counts, and llama.cpp no longer reads it
# Far above any existing model (a few dozen fields, some 2,000 tensors, 4 dimensions, 500,000 tokens).
MAX_FIELDS, MAX_TENSORS, MAX_DIMENSIONS, MAX_STRINGS = 10_000, 100_000, 4, 1 << 22
AGAIN = "copy or download it again"
FOREIGN = (
    (b"PK\x03\x04", "a zip archive, perhaps a torch checkpoint"),
    (b"version https://git-lfs", "a Git LFS pointer (the file itself was never fetched)"),
    (b"<", "a web page (the download went wrong)"),
    (b"\x80", "a Python pickle, perhaps a torch checkpoint"),
    (b"tjgg", "a model in the format before GGUF"),
)
NUMBERS = {
    GGUFValueType.UINT8: struct.Struct("<B"),
    GGUFValueType.INT8: struct.Struct("<b"),
    GGUFValueType.UINT16: struct.Struct("<H"),
    GGUFValueType.INT16: struct.Struct("<h"),
    GGUFValueType.UINT32: struct.Struct("<I"),
    GGUFValueType.INT32: struct.Struct("<i"),
    GGUFValueType.FLOAT32: struct.Struct("<f"),
    GGUFValueType.BOOL: struct.Struct("<?"),
    GGUFValueType.UINT64: struct.Struct("<Q"),
    GGUFValueType.INT64: struct.Struct("<q"),
    GGUFValueType.FLOAT64: struct.Struct("<d"),
}
U32, U64 = NUMBERS[GGUFValueType.UINT32], NUMBERS[GGUFValueType.UINT64]


class UnsupportedFileError(StoreError):
    """Raised for a valid file that this project, or the installed llama.cpp, cannot use."""


class Field(NamedTuple):
    """A metadata value: a string as bytes, an array as a list, or None if it was skipped."""

    type: GGUFValueType
    item_type: GGUFValueType | None
    value: object


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its ggml type such as "Q4_1" and its shape in GGUF order (length of a row first)."""

    name: str
    type: str
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[self.type]]
        return self.parameters // block * block_bytes


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Yield a reader at the first byte. Raises StoreError, or CorruptFileError for an empty file."""
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise CorruptFileError(f"{path.name} is empty: {AGAIN}.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield Reader(data, path.name)
    except FileNotFoundError as error:
        raise StoreError(f"There is no file {path}: check the path.") from error
    except OSError as error:  # a folder, no permission, a broken disk
        raise StoreError(
            f"{path} cannot be read ({error.strerror}): check that it is a file you may read."
        ) from error


class Reader:
    """A reader of a header, which checks before every step that the bytes exist.

    size: bytes of the file. at: position of the next byte to read.
    """

    def __init__(self, data: mmap.mmap, name: str) -> None:
        self.data, self.name = data, name
        self.size, self.at = len(data), 0

    def header(self, keep: str | None = None) -> tuple[dict[str, Field], list[Tensor], int]:
        """Return fields, tensors, and the position where the data of the last tensor ends.

        keep: read the arrays of fields whose key starts with this prefix, and skip all other arrays.
        """
        self._check_kind()
        n_tensors, n_fields = self.number(U64), self.number(U64)
        if n_tensors > MAX_TENSORS or n_fields > MAX_FIELDS:
            raise self.damaged(f"claims {n_tensors:,} tensors and {n_fields:,} metadata fields")
        by_key: dict[str, Field] = {}
        for _ in range(n_fields):
            key = self.string().decode(errors="replace")
            if key in by_key:
                raise self.damaged(f"has the metadata field {key!r} twice")
            by_key[key] = self.field(keep is not None and key.startswith(keep))
        tensors = [self.tensor() for _ in range(n_tensors)]
        if len({tensor.name for tensor, _ in tensors}) < len(tensors):
            raise self.damaged("has two tensors with the same name")
        start = -(-self.at // self._alignment(by_key)) * self._alignment(by_key)
        ends = [start + offset + tensor.bytes for tensor, offset in tensors]
        return by_key, [tensor for tensor, _ in tensors], max(ends, default=self.at)

    def _check_kind(self) -> None:
        """Raise unless the file is a GGUF of a version and byte order that llama.cpp reads."""
        start = self.data[:64]
        if not start.startswith(MAGIC):
            guess = next((kind for magic, kind in FOREIGN if start.startswith(magic)), "")
            if start[8:9] == b"{":
                guess = "a safetensors file"
            hint = f" but {guess}" if guess else ""
            raise CorruptFileError(f"{self.name} is not a GGUF file{hint}: name a .gguf file.")
        self.at = len(MAGIC)
        version = self.number(U32)
        if not version & 0xFFFF:  # a small number in the other byte order
            raise UnsupportedFileError(
                f"{self.name} is a big-endian GGUF, for another kind of processor: "
                "get the little-endian file."
            )
        if version not in VERSIONS:
            raise UnsupportedFileError(
                f"{self.name} is GGUF version {version}, but only 2 and 3 can be read: "
                "convert the model again."
            )

    def field(self, keep: bool) -> Field:
        """Return the next metadata value; an array is skipped unless `keep`."""
        kind = self._value_type()
        if kind is GGUFValueType.ARRAY:
            item = self._value_type()
            return Field(kind, item, self._array(item, self.number(U64), keep))
        if kind is GGUFValueType.STRING:
            return Field(kind, None, self.string())
        return Field(kind, None, self.number(NUMBERS[kind]))

    def _array(self, item: GGUFValueType, count: int, keep: bool) -> list | None:
        if item in NUMBERS:
            form = NUMBERS[item]
            raw = self.skip(count * form.size)
            return [value for (value,) in form.iter_unpack(self.data[raw])] if keep else None
        if item is GGUFValueType.ARRAY:
            raise self.damaged("has arrays inside arrays")
        if count > MAX_STRINGS:
            raise self.damaged(f"claims a list of {count:,} texts")
        return [self.string() for _ in range(count)] if keep else self._skip_strings(count)

    def _skip_strings(self, count: int) -> None:
        """Skip strings in a fast loop, as a vocabulary and its merges are 100,000 strings."""
        at, size, length = self.at, self.size, U64.unpack_from
        for _ in range(count):
            if at + 8 > size:
                break
            at += 8 + length(self.data, at)[0]
        self.skip(at - self.at)

    def tensor(self) -> tuple[Tensor, int]:
        """Return a tensor and its offset in the data section."""
        name = self.string().decode(errors="replace")
        dimensions = self.number(U32)
        if not 0 < dimensions <= MAX_DIMENSIONS:
            raise self.damaged(f"has a tensor of {dimensions:,} dimensions")
        shape = tuple(self.number(U64) for _ in range(dimensions))
        number, offset = self.number(U32), self.number(U64)
        try:
            kind = GGMLQuantizationType(number)
        except ValueError as error:
            raise UnsupportedFileError(
                f"{self.name} holds the tensor {name!r} of type {number}, which is unknown here: "
                "update llama-cpp-python and gguf, or quantise the model to another type."
            ) from error
        if shape[0] % GGML_QUANT_SIZES[kind][0]:
            raise self.damaged(f"has rows of {shape[0]:,} numbers in blocks of {kind.name}")
        return Tensor(name, kind.name, shape), offset

    def string(self) -> bytes:
        return self.data[self.skip(self.number(U64))]

    def number(self, form: struct.Struct) -> int | float | bool:
        return form.unpack_from(self.data, self.skip(form.size).start)[0]

    def skip(self, count: int) -> slice:
        """Skip `count` bytes and return their position. Raises CorruptFileError beyond the end."""
        if count > self.size - self.at:
            raise CorruptFileError(f"{self.name} is cut short: it ends inside its header; {AGAIN}.")
        self.at += count
        return slice(self.at - count, self.at)

    def damaged(self, what: str) -> CorruptFileError:
        """Return the error for a damaged file; `what` completes the sentence "it ..."."""
        return CorruptFileError(f"{self.name} is damaged: it {what}; {AGAIN}.")

    def _value_type(self) -> GGUFValueType:
        number = self.number(U32)
        try:
            return GGUFValueType(number)
        except ValueError as error:
            raise self.damaged(f"has a metadata value of the unknown type {number}") from error

    def _alignment(self, fields: dict[str, Field]) -> int:
        """Return the alignment of tensor data in bytes, a power of two."""
        field = fields.get("general.alignment")
        alignment = field.value if field else GGUF_DEFAULT_ALIGNMENT
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            raise self.damaged(f"aligns its tensors to {alignment}")
        return alignment
