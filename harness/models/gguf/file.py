"""Inspection of a GGUF file from its header, without loading the model.

A file's name can be misleading: K-quants need rows of a multiple of 256 numbers, and for other rows llama.cpp
silently uses another type.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import llama_cpp
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.constants import QK_K

from harness import store
from harness.models.gguf import llama_log
from harness.models.gguf.format import AGAIN, Field, Tensor, UnsupportedFileError, opened
from harness.store import CorruptFileError, StoreError


@dataclass(frozen=True, slots=True)
class Share:
    """The totals of the tensors of one type."""

    count: int
    parameters: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """The metadata and the tensors of a GGUF file.

    file_type: the declared type, such as "Q4_K_M". layers, context (tokens): None if the file does not give
    them. size: bytes of the whole file.
    """

    path: Path
    architecture: str
    name: str
    file_type: str
    layers: int | None
    context: int | None
    size: int
    tensors: tuple[Tensor, ...]

    @property
    def parameters(self) -> int:
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def by_type(self) -> dict[str, Share]:
        """Return tensors, parameters and bytes per ggml type, most bytes first."""
        types = {tensor.type for tensor in self.tensors}
        shares = {kind: _share([t for t in self.tensors if t.type == kind]) for kind in types}
        return dict(sorted(shares.items(), key=lambda item: (-item[1].bytes, item[0])))

    @property
    def bytes_by_type(self) -> dict[str, int]:
        """Return the bytes of tensor data per ggml type, most first."""
        return {name: share.bytes for name, share in self.by_type.items()}

    @property
    def fell_back(self) -> tuple[Tensor, ...]:
        """Return the matrices stored in another type than the file's, whose blocks their rows do not fill.

        A Q8_0 embedding in a Q4_0 or Q4_1 file, which was meant to be Q6_K, is not included; see `by_type`.
        """
        block = _block(self.file_type)
        matrices = (t for t in self.tensors if len(t.shape) > 1 and t.type != "F32")
        return tuple(tensor for tensor in matrices if tensor.shape[0] % block)


def inspect(path: Path) -> Header:
    """Return the header of the GGUF file `path`; takes milliseconds for any size of model.

    Raises StoreError for a missing or unreadable file, CorruptFileError for one that is empty, truncated,
    invalid or of another format, UnsupportedFileError for an unknown version or tensor type.
    """
    with opened(path) as reader:
        fields, tensors, end = reader.header()
        if end > reader.size:
            raise CorruptFileError(
                f"{path.name} is cut short: its tensors end at byte {end:,}, the file at {reader.size:,}; "
                f"{AGAIN}."
            )
        return _header(path, fields, tensors, reader.size)


def usable(path: Path) -> Header:
    """Return the header of `path` after checking that the installed llama.cpp can run the file.

    Raises what `inspect` raises, and UnsupportedFileError.
    """
    header = inspect(path)
    if not _knows_architecture(header.architecture):
        raise UnsupportedFileError(
            f"{path.name} is a model of the architecture {header.architecture!r}, which this llama.cpp "
            "does not know: update llama-cpp-python, or name another model."
        )
    for tensor in header.tensors:
        if GGMLQuantizationType[tensor.type] >= llama_cpp.GGML_TYPE_COUNT:
            raise UnsupportedFileError(
                f"{path.name} holds tensors of type {tensor.type}, which this llama.cpp does not know: "
                "update llama-cpp-python, or quantise the model to another type."
            )
    return header


@cache
def _knows_architecture(architecture: str) -> bool:
    """Return whether llama.cpp knows the architecture; True also if that cannot be tested.

    An unknown architecture then fails when the model is loaded.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            return not any("unknown model architecture" in s for s in _probe(architecture, folder))
    except OSError:  # no disk space for a hundred bytes
        return True


def _probe(architecture: str, folder: str) -> list[str]:
    """Return what llama.cpp logs for a file that names the architecture and holds nothing else."""
    path = Path(folder) / "probe.gguf"
    writer = GGUFWriter(path, architecture)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
    finally:
        writer.close()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    with llama_log.captured_log() as lines:  # loading always fails; the log tells why
        llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    return lines


def metadata(path: Path, prefix: str = "") -> dict[str, Field]:
    """Return the metadata fields, also arrays, whose key starts with `prefix`. Raises as `inspect` does."""
    with opened(path) as reader:
        fields, _, _ = reader.header(keep=prefix)
    return {key: field for key, field in fields.items() if key.startswith(prefix)}


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """Yield a temporary path as `store.atomic_write` does, and seal the file only if it is a valid GGUF.

    Raises StoreError if the file cannot be written, CorruptFileError if the content is not a GGUF.
    """
    try:
        with store.atomic_write(out) as part:
            yield part
            inspect(part)
    except OSError as error:
        raise StoreError(
            f"{out.name} cannot be written into {out.parent} ({error.strerror or error}): "
            "choose a folder that you may write to."
        ) from error


def _header(path: Path, fields: dict[str, Field], tensors: list[Tensor], size: int) -> Header:
    architecture = _text(fields, "general.architecture")
    if not architecture:
        raise UnsupportedFileError(
            f"{path.name} names no architecture, so it is not a language model: name another file."
        )
    return Header(
        path=path,
        architecture=architecture,
        name=_text(fields, "general.name") or path.stem,
        file_type=_file_type(_integer(fields, "general.file_type")),
        layers=_integer(fields, f"{architecture}.block_count"),
        context=_integer(fields, f"{architecture}.context_length"),
        size=size,
        tensors=tuple(tensors),
    )


def _text(fields: dict[str, Field], key: str) -> str:
    value = fields[key].value if key in fields else b""
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _integer(fields: dict[str, Field], key: str) -> int | None:
    value = fields[key].value if key in fields else None
    return value if isinstance(value, int) else None


def _file_type(number: int | None) -> str:
    """Return the name of the declared file type, such as "Q4_K_M" for 15."""
    if number is None:
        return "unnamed"
    number &= ~LlamaFileType.GUESSED
    try:
        return LlamaFileType(number).name.removeprefix("MOSTLY_").removeprefix("ALL_")
    except ValueError:
        return f"type {number}"


def _block(file_type: str) -> int:
    """Return the block size of a file type in numbers; the length of a row must be a multiple of it.

    Mixtures without a tensor type of the same name, such as IQ3_M, consist of super-blocks of 256.
    """
    kinds = [kind for kind in GGMLQuantizationType if file_type.startswith(kind.name)]
    if kinds:
        return GGML_QUANT_SIZES[max(kinds, key=lambda kind: len(kind.name))][0]
    return QK_K if file_type.startswith("IQ") else 1


def _share(tensors: list[Tensor]) -> Share:
    return Share(len(tensors), sum(t.parameters for t in tensors), sum(t.bytes for t in tensors))
