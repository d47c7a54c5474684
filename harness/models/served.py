"""The model files of the offline tier that can be served, with the engine that runs each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import store
from harness.errors import WrongUseError
from harness.models.catalog import SMOLLM2
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.torch_model import TorchModel
from harness.models.gguf import file
from harness.models.offline import BUILT, FULL, LARGE, WEIGHTS, BuiltModel

UNTUNED = f"{SMOLLM2.name}-Q4_1"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file.

    role: "untuned", "large", "student" or "compact".
    reference: the F32 GGUF of the same model, to compare with; None for the packaged model.
    """

    name: str
    role: str
    path: Path
    reference: Path | None = None

    @property
    def engine(self) -> str:
        """Return the engine that runs the file: "torch" or "llama.cpp"."""
        return "torch" if self.path.name == WEIGHTS else "llama.cpp"

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the file as it was written."""
        return SMOLLM2.sha256 if self.name == UNTUNED else store.stored_sha256(self.path)

    def load(self) -> TorchModel | LlamaModel:
        """Return the model loaded in its engine. Raises StoreError if the file is missing or damaged."""
        if self.engine == "torch":
            return TorchModel(self.path.parent, self.name)
        return LlamaModel(self.path if self.name == UNTUNED else store.check_seal(self.path))

    def bytes_by_type(self) -> dict[str, int]:
        """Return the bytes of the weights by number format; the file's name tells only part of it."""
        if self.engine == "torch":
            return {FULL: self.path.stat().st_size}
        return file.inspect(self.path).bytes_by_type


def model_files() -> list[ModelFile]:
    """Return all model files: the untuned one, the large one in torch, then every GGUF file."""
    return [
        ModelFile(UNTUNED, "untuned", SMOLLM2.path()),
        ModelFile(f"{LARGE.name}-torch-F32", LARGE.role, LARGE.folder / WEIGHTS, LARGE.gguf(FULL)),
        *(_gguf(model, kind) for model in BUILT for kind in model.kinds),
    ]


def model_file(name: str) -> ModelFile:
    """Return the model file called `name`, ignoring case. Raises WrongUseError if there is none."""
    by_name = {model.name.lower(): model for model in model_files()}
    if name.lower() not in by_name:
        raise WrongUseError(f"There is no model {name!r}: choose one of {', '.join(by_name)}.")
    return by_name[name.lower()]


def _gguf(model: BuiltModel, kind: str) -> ModelFile:
    return ModelFile(f"{model.name}-{kind}", model.role, model.gguf(kind), model.gguf(FULL))
