"""Writing of a torch model's weights to a GGUF file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import gguf as gguf_package
import torch

from harness.errors import WrongUseError
from harness.models.gguf import file

Convert = Callable[[str, torch.Tensor], torch.Tensor]  # name in torch, weight -> as it is stored


@contextmanager
def model_writer(
    out: Path, architecture: gguf_package.MODEL_ARCH
) -> Iterator[gguf_package.GGUFWriter]:
    """Yield a writer, and write what it was given to `out`, with a seal, at the end of the block.

    After an error, `out` is as it was before. Raises StoreError.
    """
    with file.written(out) as part:
        writer = gguf_package.GGUFWriter(part, gguf_package.MODEL_ARCH_NAMES[architecture])
        try:
            yield writer
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
        finally:
            writer.close()


def add_weights(
    writer: gguf_package.GGUFWriter,
    weights: Mapping[str, torch.Tensor],
    names: gguf_package.TensorNameMap,
    convert: Convert,
    suffixes: tuple[str, ...] = (".weight",),
) -> None:
    """Add every weight, converted, under its GGUF name.

    Raises WrongUseError for a weight without a GGUF name, or with numbers that its stored form cannot hold.
    """
    for source, weight in weights.items():
        target = names.get_name(source, try_suffixes=suffixes)
        if target is None:
            raise WrongUseError(
                f"The model has the weights {source}, which llama.cpp's {writer.arch} lacks: merge its "
                "adapters first (`merge_and_unload`)."
            )
        stored = convert(source, weight.detach().cpu())
        if not stored.isfinite().all():
            raise WrongUseError(
                f"{source} holds numbers that are not finite in {stored.dtype}: the training went wrong; "
                "train again at a lower learning rate."
            )
        writer.add_tensor(target, stored.numpy())
