"""What is inside a GGUF file, read from its header alone: the model is not loaded.

File names lie: K-quants need rows of a multiple of 256 numbers, and where a model has others llama.cpp
silently takes another type.
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
from harness.models.engines import llama_log
from harness.models.gguf.format import AGAIN, Field, Tensor, UnsupportedFileError, opened
from harness.store import CorruptFileError, StoreError


@dataclass(frozen=True, slots=True)
class Share:
    """What the tensors of one type amount to."""

    count: int
    parameters: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says about itself, and what its tensors really are.

    file_type: the claimed one, such as "Q4_K_M". layers, context (tokens): None where the file is silent.
    size: bytes of the whole file.
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
        """Per ggml type: tensors, parameters, bytes; most bytes first."""
        types = {tensor.type for tensor in self.tensors}
        shares = {one: _share([t for t in self.tensors if t.type == one]) for one in types}
        return dict(sorted(shares.items(), key=lambda item: (-item[1].bytes, item[0])))

    @property
    def bytes_by_type(self) -> dict[str, int]:
        """Bytes of tensor data per ggml type, most first."""
        return {name: share.bytes for name, share in self.by_type.items()}

    @property
    def fell_back(self) -> tuple[Tensor, ...]:
        """Matrices in another type than the file's, because their rows do not fill its blocks.

        A Q8_0 embedding in a Q4_0 or Q4_1 file was meant to be Q6_K: that shows in `by_type` alone.
        """
        block = _block(self.file_type)
        matrices = (t for t in self.tensors if len(t.shape) > 1 and t.type != "F32")
        return tuple(tensor for tensor in matrices if tensor.shape[0] % block)


def inspect(path: Path) -> Header:
    """The header of the GGUF file `path`; takes milliseconds, whatever the size of the model.

    Raises StoreError for a missing or unreadable file, CorruptFileError for one that is empty, foreign,
    cut short or nonsense, UnsupportedFileError for a version or tensor type nobody here can read.
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
    """`inspect`, and then whether the llama.cpp of this environment could run the file.

    Raises what `inspect` raises, and UnsupportedFileError.
    """
    header = inspect(path)
    if not _known(header.architecture):
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
def _known(architecture: str) -> bool:
    """Asked of llama.cpp itself; True also where it cannot be asked, for loading will tell."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            return not any("unknown model architecture" in s for s in _probe(architecture, folder))
    except OSError:  # no room for a hundred bytes
        return True


def _probe(architecture: str, folder: str) -> list[str]:
    """What llama.cpp says of a file that names the architecture and holds nothing else."""
    path = Path(folder) / "probe.gguf"
    writer = GGUFWriter(path, architecture)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
    finally:
        writer.close()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    with llama_log.kept() as said:  # loading fails in any case: it matters at what
        llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    return said


def metadata(path: Path, prefix: str = "") -> dict[str, Field]:
    """The metadata fields whose key starts with `prefix`, arrays included; raises as `inspect` does."""
    with opened(path) as reader:
        fields, _, _ = reader.header(keep=prefix)
    return {key: field for key, field in fields.items() if key.startswith(prefix)}


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """`store.written` for a GGUF: it must be readable before it is sealed.

    Raises StoreError where nothing can be written, CorruptFileError where what was written is no GGUF.
    """
    try:
        with store.written(out) as part:
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
            f"{path.name} names no architecture, so it is no language model: name another file."
        )
    return Header(
        path=path,
        architecture=architecture,
        name=_text(fields, "general.name") or path.stem,
        file_type=_file_type(_whole(fields, "general.file_type")),
        layers=_whole(fields, f"{architecture}.block_count"),
        context=_whole(fields, f"{architecture}.context_length"),
        size=size,
        tensors=tuple(tensors),
    )


def _text(fields: dict[str, Field], key: str) -> str:
    value = fields[key].value if key in fields else b""
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _whole(fields: dict[str, Field], key: str) -> int | None:
    value = fields[key].value if key in fields else None
    return value if isinstance(value, int) else None


def _file_type(number: int | None) -> str:
    """ "Q4_K_M" for 15; what the file claims, not what it holds."""
    if number is None:
        return "unnamed"
    number &= ~LlamaFileType.GUESSED
    try:
        return LlamaFileType(number).name.removeprefix("MOSTLY_").removeprefix("ALL_")
    except ValueError:
        return f"type {number}"


def _block(file_type: str) -> int:
    """Numbers in one block of a file type; a row must be a multiple of it.

    Mixtures without a tensor type of their own name, such as IQ3_M, are made of super-blocks of 256.
    """
    named = [kind for kind in GGMLQuantizationType if file_type.startswith(kind.name)]
    if named:
        return GGML_QUANT_SIZES[max(named, key=lambda kind: len(kind.name))][0]
    return QK_K if file_type.startswith("IQ") else 1


def _share(tensors: list[Tensor]) -> Share:
    return Share(len(tensors), sum(t.parameters for t in tensors), sum(t.bytes for t in tensors))
